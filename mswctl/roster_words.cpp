#include "mswctl/roster_words.hpp"

#include "base/hex.hpp"
#include "msw/host_id.hpp"

#include <algorithm>

namespace mswctl {
namespace {

using msw::Json;
using msw::roster::Digest;

/// Reads 32 bytes each; notes if one of them is not there.
class Reader {
public:
    Digest digest(const Json& value) {
        Digest bytes{};
        const std::string text = value.as_string();
        if (text.size() != 2 * bytes.size()) {
            good = false;
            return bytes;
        }
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const std::optional<std::uint64_t> one = msw::read_hex("00000000000000" + text.substr(2 * i, 2));
            if (!one) good = false;
            bytes[i] = static_cast<std::uint8_t>(one.value_or(0));
        }
        return bytes;
    }
    std::vector<Digest> digests(const Json& values) {
        std::vector<Digest> all;
        for (const Json& value : values.items()) all.push_back(digest(value));
        return all;
    }

    bool good = true;
};

std::vector<std::string> texts(const Json& values) {
    std::vector<std::string> all;
    for (const Json& value : values.items()) all.push_back(value.as_string());
    return all;
}

std::uint64_t count(const Json& value) { return static_cast<std::uint64_t>(value.as_int()); }

}  // namespace

const RosterWords::Member* RosterWords::called(std::string_view wanted) const {
    const auto at = std::find_if(members.begin(), members.end(),
                                 [&](const Member& m) { return !m.ended && msw::same_host_id(m.id, wanted); });
    return at == members.end() ? nullptr : &*at;
}

const RosterWords::Member* RosterWords::named(const Digest& member) const {
    const auto at = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.member == member; });
    return at == members.end() ? nullptr : &*at;
}

msw::Result<msw::PublicKeys> read_keys(const Json& json) {
    Reader read;
    const msw::PublicKeys keys{read.digest(json["sign"]), read.digest(json["seal"])};
    if (read.good) return keys;
    return msw::Error{msw::Code::bad_request, "what net says of its keys makes no sense"};
}

msw::Result<RosterWords> read_roster_words(const Json& json) {
    RosterWords words;
    Reader read;
    words.id = json["id"].as_string();
    words.addresses = texts(json["addresses"]);
    words.in_mesh = !json["mesh"].as_string().empty();
    if (!words.in_mesh) return words;
    words.frozen = json["frozen"].as_bool();
    words.mesh = read.digest(json["mesh"]);
    words.own = read.digest(json["member"]);
    const Json& root = json["root"];
    words.root_digest = read.digest(root["digest"]);
    words.root.version = count(root["version"]);
    words.root.threshold = count(root["threshold"]);
    words.root.admins = read.digests(root["admins"]);
    words.root.recovery = read.digest(root["recovery"]);
    for (const Json& row : json["members"].items()) {
        RosterWords::Member& member = words.members.emplace_back();
        member.id = row["id"].as_string();
        member.member = read.digest(row["member"]);
        member.key = row["key"].as_string();
        member.keys = {read.digest(row["sign"]), read.digest(row["seal"])};
        member.roles = texts(row["roles"]);
        member.version = count(row["version"]);
        member.newest = read.digest(row["newest"]);
        member.signed_with = read.digests(row["signed_with"]);
        member.admitted = read.digests(row["admitted"]);
        member.ended = row["ended"].as_bool();
    }
    for (const Json& row : json["reserved"].items()) {
        words.reserved.push_back({row["id"].as_string(), read.digest(row["tombstone"])});
    }
    words.records = read.digests(json["records"]);
    std::sort(words.records.begin(), words.records.end());
    words.alarms = texts(json["alarms"]);
    if (!read.good) {
        return msw::Error{msw::Code::bad_request,
                          "what net says of the roster makes no sense; is mswd of another version?"};
    }
    return words;
}

}  // namespace mswctl
