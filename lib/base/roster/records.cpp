#include "base/roster/records.hpp"

#include "base/keys/sha256.hpp"
#include "base/roster/record_fields.hpp"

namespace msw::roster {

template <class Record>
std::string encode(const Record& record) {
    return written(record);
}

template <class Record>
Result<Record> decode(std::string_view bytes) {
    return read<Record>(bytes);
}

template <class Record>
Digest digest_of(const Record& record) {
    return sha256({written(record)});
}

template std::string encode(const Founder&);
template Result<Founder> decode<Founder>(std::string_view);
template Digest digest_of(const Founder&);

template std::string encode(const Root&);
template Result<Root> decode<Root>(std::string_view);
template Digest digest_of(const Root&);

template std::string encode(const Invite&);
template Result<Invite> decode<Invite>(std::string_view);
template Digest digest_of(const Invite&);

template std::string encode(const Claim&);
template Result<Claim> decode<Claim>(std::string_view);
template Digest digest_of(const Claim&);

template std::string encode(const Admission&);
template Result<Admission> decode<Admission>(std::string_view);
template Digest digest_of(const Admission&);

template std::string encode(const Amendment&);
template Result<Amendment> decode<Amendment>(std::string_view);
template Digest digest_of(const Amendment&);

template std::string encode(const Tombstone&);
template Result<Tombstone> decode<Tombstone>(std::string_view);
template Digest digest_of(const Tombstone&);

template std::string encode(const Kept&);
template Result<Kept> decode<Kept>(std::string_view);
template Digest digest_of(const Kept&);

}  // namespace msw::roster
