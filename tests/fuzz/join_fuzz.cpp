// What a host that joins says, and the token it has: neither is believed before it is read.
#include "base/roster/admission.hpp"
#include "base/roster/bundle.hpp"
#include "base/roster/roster_for_test.hpp"
#include "base/roster/token.hpp"
#include "tests/fuzz/script.hpp"

#include <cstdint>
#include <string_view>

namespace {

using namespace msw::roster;
using msw::fuzz::require;

const Roster& mesh() {
    static const Roster roster = [] {
        Roster made(test::mesh());
        (void)test::give(made, {test::first_root()});
        return made;
    }();
    return roster;
}

void read_all(std::string_view text) {
    if (const msw::Result<Token> token = read_token(text)) {
        const msw::Result<Token> again = read_token(to_text(*token));
        require(again && again->addresses == token->addresses);
    }
    if (const msw::Result<JoinRequest> request = decode_request(text)) {
        require(encode_request(*request) == text);
        // Nobody here can sign as the admin does.
        const msw::Result<Member> member =
            admit(mesh(), {test::founder(), test::key(test::kFounder)}, *request, Digest{}, 0);
        require(!member || request->invite.by.signer == test::key(test::kAdmin).public_key());
    }
    if (const auto documents = split_bundle(text)) {
        std::string again;
        for (const std::string& one : *documents) append_to_bundle(again, one);
        require(again == text);
        Roster roster = mesh();
        (void)roster.merge(check_documents(*documents));
        require(roster.view().named("miku") != nullptr);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    read_all({reinterpret_cast<const char*>(data), size});
    return 0;
}
