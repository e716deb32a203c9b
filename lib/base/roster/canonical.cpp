#include "base/roster/canonical.hpp"

#include <cassert>

namespace msw::roster {
namespace {

constexpr std::size_t kNumber = 8;
constexpr std::size_t kLength = 4;
constexpr std::size_t kLongestTag = 32;

std::string big_endian(std::uint64_t value, std::size_t size) {
    std::string bytes(size, '\0');
    for (auto at = bytes.rbegin(); at != bytes.rend(); ++at, value >>= 8U) *at = static_cast<char>(value & 0xffU);
    return bytes;
}

std::uint64_t number_in(std::string_view bytes) noexcept {
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8U | static_cast<std::uint8_t>(byte);
    return number;
}

}  // namespace

void CanonicalWriter::field(std::string_view bytes) {
    bytes_ += big_endian(bytes.size(), kLength);
    bytes_ += bytes;
}

void CanonicalWriter::number(std::string_view /*name*/, std::uint64_t value, [[maybe_unused]] std::uint64_t least,
                             [[maybe_unused]] std::uint64_t most) {
    assert(value >= least && value <= most);
    field(big_endian(value, kNumber));
}

void CanonicalWriter::text(std::string_view /*name*/, const std::string& value, [[maybe_unused]] std::size_t longest) {
    assert(value.size() <= longest);
    field(value);
}

void CanonicalReader::wrong(std::string_view name, const std::string& what) {
    if (wrong_) return;
    std::string text(tag_);
    wrong_ = Error{Code::bad_request, text.append(text.empty() ? "" : ": ").append(name).append(" ").append(what)};
}

void CanonicalReader::check(bool holds, std::string_view what) {
    if (!holds) wrong(what, "");
}

std::string_view CanonicalReader::field(std::string_view name, std::size_t longest) {
    if (wrong_) return {};
    if (rest_.size() < kLength) {
        wrong(name, "is cut off");
        return {};
    }
    const std::uint64_t size = number_in(rest_.substr(0, kLength));
    if (size > longest) {
        wrong(name, "is too long");
        return {};
    }
    if (rest_.size() - kLength < size) {
        wrong(name, "is cut off");
        return {};
    }
    const std::string_view field = rest_.substr(kLength, size);
    rest_.remove_prefix(kLength + size);
    return field;
}

std::string_view CanonicalReader::tag_of(std::string_view bytes) {
    return CanonicalReader(bytes).field("tag", kLongestTag);
}

void CanonicalReader::tag(std::string_view tag) {
    if (field(tag, tag.size()) != tag) return wrong("it", "is no " + std::string(tag));
    tag_ = tag;
}

void CanonicalReader::number(std::string_view name, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
    const std::string_view bytes = field(name, kNumber);
    if (wrong_) return;
    if (bytes.size() != kNumber) return wrong(name, "is no number");
    value = number_in(bytes);
    if (value < least || value > most) wrong(name, "is out of range");
}

void CanonicalReader::text(std::string_view name, std::string& value, std::size_t longest) {
    value = field(name, longest);
}

Result<void> CanonicalReader::whole() const {
    if (wrong_) return *wrong_;
    if (!rest_.empty()) return Error{Code::bad_request, std::string(tag_) + ": something stands behind it"};
    return {};
}

}  // namespace msw::roster
