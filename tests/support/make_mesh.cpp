// Makes a host a member of a mesh before it runs, as invite and join would, for tests that are about something else:
//
//     make_mesh MESH ID STATE [ROLE…]
//
// MESH is a folder of the test's; whoever is first founds the mesh. The host's keys and its roster, with all members so
// far, are written to STATE. On stdout: the new member's record in base64, for `records` on hosts that run already.
#include "base/base64.hpp"
#include "base/keys/host_keys.hpp"
#include "base/roster/admission.hpp"
#include "base/roster/bundle.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace msw;
using namespace msw::roster;

/// The admin of all meshes of tests, and its recovery key.
SigningKey person(std::uint8_t n) {
    std::array<std::uint8_t, 32> seed{};
    seed.front() = n;
    return SigningKey::from_seed(seed);
}

template <class T>
T good(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text);
    return std::move(result).value();
}

struct Newcomer {
    std::string id;
    std::string state;
    std::vector<std::string> roles;
};

Document found(const Newcomer& who, const HostKeys& keys, const std::string& mesh) {
    std::filesystem::copy_file(who.state + "/host-key", mesh + "/founder/host-key");
    Root root;
    root.admins = {person(1).public_key()};
    root.recovery = person(2).public_key();
    root.founder = Founder{who.id, keys.public_keys(), who.roles};
    return SignedRoot{root, {sign(person(1), root)}};
}

Document admit_to(const Roster& roster, const Newcomer& who, const HostKeys& keys, const std::string& mesh) {
    const HostKeys founder = good(load_host_keys({mesh + "/founder/host-key", false}));
    const SigningKey once = SigningKey::make();
    constexpr std::uint64_t kLater = 4'000'000'000;
    const Digest acceptor = roster.view().with_key(founder.sign.public_key())->member;
    const Invite invite{roster.mesh(), once.public_key(), acceptor, who.id, who.roles, 1, kLater, {}};
    const JoinRequest request =
        make_request({invite, sign(person(1), invite)}, once, keys.sign, keys.public_keys(), who.id, {});
    return good(admit(roster, {acceptor, founder.sign}, request, {}, 0));
}

void add(const std::string& mesh, const Newcomer& who) {
    std::filesystem::create_directories(mesh + "/founder");
    const HostKeys keys = good(load_host_keys({who.state + "/host-key", false}));
    std::optional<Roster> roster = good(read_roster(mesh + "/roster"));
    const Document document = roster ? admit_to(*roster, who, keys, mesh) : found(who, keys, mesh);
    if (!roster) roster.emplace(digest_of(std::get<SignedRoot>(document).root));
    (void)roster->merge({Checked::known(document)});
    if (roster->view().with_key(keys.sign.public_key()) == nullptr)
        throw std::runtime_error("it has not become a member");
    for (const std::string& folder : {mesh, who.state}) {
        if (const Result<void> written = write_roster(folder + "/roster", *roster); !written) {
            throw std::runtime_error(written.error().text);
        }
    }
    std::printf("%s\n", to_base64(encode_document(document)).c_str());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        (void)std::fputs("make_mesh MESH ID STATE [ROLE…]\n", stderr);
        return 2;
    }
    try {
        Newcomer who{argv[2], argv[3], std::vector<std::string>(argv + 4, argv + argc)};
        std::sort(who.roles.begin(), who.roles.end());
        add(argv[1], who);
        return 0;
    } catch (const std::exception& e) {
        (void)std::fprintf(stderr, "make_mesh: %s\n", e.what());
        return 1;
    }
}
