#include "plugins/net/core/roster_words.hpp"

#include "base/hex.hpp"
#include "base/json.hpp"

#include <map>

namespace msw::net {
namespace {

using roster::Belongs;
using roster::Digest;

template <class List>
Json hex_list(const List& list) {
    Json all = Json::array();
    for (const auto& one : list) all.push(to_hex(one));
    return all;
}

Json text_list(const std::vector<std::string>& list) {
    Json all = Json::array();
    for (const std::string& one : list) all.push(one);
    return all;
}

Json root_row(const roster::View& view) {
    const roster::Root& root = *view.root;
    return Json::object({{"version", std::uint64_t{root.version}},
                         {"digest", to_hex(view.root_digest)},
                         {"threshold", std::uint64_t{root.threshold}},
                         {"admins", hex_list(root.admins)},
                         {"recovery", to_hex(root.recovery)}});
}

Json member_row(const Belongs& member, const std::vector<Digest>& admitted) {
    return Json::object({{"id", member.id},
                         {"member", to_hex(member.member)},
                         {"key", msw::to_text(digest_of(member.keys))},
                         {"sign", to_hex(member.keys.sign)},
                         {"seal", to_hex(member.keys.seal)},
                         {"roles", text_list(member.roles)},
                         {"version", std::uint64_t{member.version}},
                         {"newest", to_hex(member.newest)},
                         {"signed_with", hex_list(member.signed_with)},
                         {"ended", member.ended},
                         {"admitted", hex_list(admitted)}});
}

}  // namespace

std::string roster_json(const Membership& members, std::string_view id, const PublicKey& key,
                        const std::vector<Address>& addresses) {
    Json where = Json::array();
    for (const Address& address : addresses) where.push(to_text(address));
    const roster::Roster* roster = members.roster();
    const Member* own = members.with_key(key);
    Json out = Json::object({{"mesh", roster == nullptr ? std::string() : to_hex(roster->mesh())},
                             {"member", own == nullptr ? std::string() : own->name},
                             {"id", own == nullptr ? std::string(id) : own->id},
                             {"addresses", std::move(where)}});
    if (roster == nullptr) return out.dump();
    const roster::View& view = roster->view();
    const roster::Holdings& all = roster->holdings();
    std::map<Digest, std::vector<Digest>> admitted;
    Json records = Json::array();
    for (const auto& [digest, member] : all.members) {
        admitted[member.invite.invite.acceptor].push_back(digest);
        records.push(to_hex(digest));
    }
    Json rows = Json::array();
    for (const auto& [digest, member] : view.members) rows.push(member_row(member, admitted[digest]));
    Json reserved = Json::array();
    for (const auto& [member, ends] : all.tombstones) {
        for (const auto& [digest, one] : ends) {
            records.push(to_hex(digest));
            reserved.push(
                Json::object({{"id", one.tombstone.id}, {"member", to_hex(member)}, {"tombstone", to_hex(digest)}}));
        }
    }
    for (const auto& [member, versions] : all.amendments) {
        for (const auto& [digest, one] : versions) records.push(to_hex(digest));
    }
    if (const auto first = all.roots.find(1); first != all.roots.end() && !first->second.empty()) {
        records.push(to_hex(digest_of(*first->second.begin()->second.root.founder)));
    }
    out.set("digest", to_hex(roster->digest()));
    out.set("frozen", view.frozen);
    out.set("root", root_row(view));
    out.set("members", std::move(rows));
    out.set("reserved", std::move(reserved));
    out.set("records", std::move(records));
    out.set("alarms", text_list(view.alarms));
    return out.dump();
}

}  // namespace msw::net
