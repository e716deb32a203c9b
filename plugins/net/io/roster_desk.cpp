#include "plugins/net/io/roster_desk.hpp"

#include "base/base64.hpp"
#include "base/hex.hpp"
#include "base/json.hpp"
#include "base/keys/openssl_thread.hpp"
#include "base/keys/sha256.hpp"
#include "base/octets.hpp"
#include "base/replace_file.hpp"
#include "base/roster/admission.hpp"
#include "base/roster/bundle.hpp"
#include "base/system_error.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/roster_words.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

namespace msw::net {
namespace {

std::uint64_t wall_seconds() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::string roster_path(const Settings& settings) { return settings.state_dir + "/roster"; }

KeyPlace next_keys(const Settings& settings) { return {settings.state_dir + "/host-key.next", false}; }

bool exists(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0;
}

/// What mswd is called from its next start on (daemon/state_dir.hpp).
Result<void> keep_id(const Settings& settings, const std::string& id) {
    const std::string path = settings.state_dir + "/member-id";
    const int error = id.empty() ? remove_file(path) : replace_file(path, id + "\n", 0644);
    if (error != 0) return io_error(path, error);
    return {};
}

/// Keys that have been a member's are nobody else's: this host makes others. The old ones stay beside them.
Result<void> put_away(const Settings& settings) {
    const KeyPlace place = key_place(settings.state_dir, settings.credentials_dir);
    for (const std::string& path : {place.credential ? std::string() : place.path, roster_path(settings)}) {
        if (path.empty() || !exists(path)) continue;
        if (std::rename(path.c_str(), (path + ".old").c_str()) != 0) return io_error(path, errno);
    }
    if (const int error = sync_folder(settings.state_dir); error != 0) return io_error(settings.state_dir, error);
    return keep_id(settings, {});
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \n")); }

std::string_view after_word(std::string_view text) {
    text.remove_prefix(std::min(first_word(text).size(), text.size()));
    const std::size_t from = text.find_first_not_of(" \n");
    return from == std::string_view::npos ? std::string_view() : text.substr(from);
}

Error bad(std::string text) { return {Code::bad_request, std::move(text)}; }

/// Documents in base64, one behind the other. Slow: their signatures are checked.
Result<std::vector<roster::Checked>> read_documents(const std::string& words) {
    std::vector<roster::Checked> all;
    for (std::string_view rest = words; !rest.empty(); rest = after_word(rest)) {
        const std::optional<std::string> bytes = read_base64(first_word(rest));
        Result<roster::Document> document = bytes ? roster::decode_document(*bytes) : bad("that is no base64");
        if (!document) return bad("record " + std::to_string(all.size() + 1) + ": " + document.error().text);
        std::optional<roster::Checked> checked = roster::Checked::check(std::move(document).value());
        if (!checked) return bad("record " + std::to_string(all.size() + 1) + " has a signature that is false");
        all.push_back(std::move(*checked));
    }
    return all;
}

/// @return whether the roster has taken one of these
bool holds_any(const roster::Roster& roster, std::string_view words) {
    for (; !words.empty(); words = after_word(words)) {
        const std::optional<std::string> bytes = read_base64(first_word(words));
        if (bytes && roster.documents().contains(sha256({*bytes}))) return true;
    }
    return false;
}

}  // namespace

Result<Standing> read_standing(Settings& settings) {
    Standing standing;
    const KeyPlace place = key_place(settings.state_dir, settings.credentials_dir);
    Result<HostKeys> keys = load_host_keys(place);
    if (!keys) return keys.error();
    Result<std::optional<roster::Roster>> roster = roster::read_roster(roster_path(settings));
    if (!roster) return roster.error();
    const auto own_in = [&](const HostKeys& k) {
        return *roster ? (*roster)->view().with_key(k.sign.public_key()) : nullptr;
    };
    const roster::Belongs* own = own_in(*keys);
    if (const KeyPlace next = next_keys(settings); own == nullptr && *roster && exists(next.path)) {
        // The roster was written with the new keys, and then something came between.
        Result<HostKeys> others = load_host_keys(next);
        if (!others) return others.error();
        own = own_in(*others);
        if (own != nullptr) {
            if (std::rename(next.path.c_str(), place.path.c_str()) != 0) return io_error(place.path, errno);
            (void)sync_folder(settings.state_dir);
            keys = std::move(others);
        }
    }
    settings.mesh.keys = keys->public_keys();
    if (own != nullptr) {
        settings.mesh.member = to_hex(own->member);
        if (settings.mesh.id != own->id) {
            standing.warning = "the roster of the mesh calls this host " + own->id + ", not " + settings.mesh.id +
                               ": that counts, and mswd starts anew as that. `mswctl rename` changes it";
            if (Result<void> kept = keep_id(settings, own->id); !kept) return kept.error();
            standing.other_id = true;
        }
        settings.mesh.id = own->id;
        standing.members = std::make_shared<const Membership>(std::move(**roster));
    } else {
        if (*roster && (*roster)->view().by_key.contains(keys->sign.public_key())) {
            // It has ended, and its keys with it.
            if (Result<void> away = put_away(settings); !away) return away.error();
            keys = load_host_keys(place);
            if (!keys) return keys.error();
            settings.mesh.keys = keys->public_keys();
            standing.warning =
                "this host belongs to the mesh of its roster no more: it is alone, with new keys, until "
                "it joins one again (mswctl join). What it had are host-key.old and roster.old";
        } else if (*roster) {
            standing.warning = "the keys of this host are none of a member of the mesh of its roster (" +
                               roster_path(settings) + "): put back those that are, or join again (mswctl join)";
        }
        standing.members = std::make_shared<const Membership>();
    }
    settings.mesh.members = standing.members;
    standing.keys = std::make_shared<const HostKeys>(std::move(keys).value());
    return standing;
}

RosterDesk::RosterDesk(uv_loop_t* loop, const Settings& settings, Standing standing, Mesh& mesh, plugin::Host host)
    : loop_(loop),
      settings_(settings),
      keys_(std::move(standing.keys)),
      tls_(std::make_shared<const TlsContext>(keys_->sign)),
      mesh_(mesh),
      host_(host) {
    if (!standing.warning.empty()) host_.log(MSW_WARNING, standing.warning);
    if (std::exchange(over_, standing.other_id) != standing.other_id) host_.restart();
    if (standing.members->roster() == nullptr) return;
    keeper_.emplace(loop, roster_path(settings), standing.members);
    for (const std::string& alarm : standing.members->roster()->view().alarms) host_.log(MSW_ERR, "roster: " + alarm);
}

void RosterDesk::changed(const Keeper::Outcome& outcome, LinkId from) {
    for (const std::string& alarm : outcome.alarms) host_.log(MSW_ERR, "roster: " + alarm);
    if (outcome.members->digest() == mesh_.members().digest()) return;
    mesh_.set_members(outcome.members, outcome.fresh, from, now());
    const Member* own = outcome.members->named(settings_.mesh.member);
    const bool same_keys = own != nullptr && own->keys == keys_->public_keys();
    if (same_keys && own->id == settings_.mesh.id) return;
    host_.log(MSW_WARNING, own == nullptr ? std::string("this host belongs to the mesh no more")
                           : same_keys    ? "this host is called " + own->id + " now"
                                          : std::string("this host has new keys now"));
    const Result<void> kept = keep_id(settings_, own == nullptr ? std::string() : own->id);
    if (!kept) host_.log(MSW_ERR, kept.error().text);
    if (!std::exchange(over_, true)) host_.restart();
}

void RosterDesk::merge(LinkId link, std::vector<std::string> documents, bool asked) {
    if (!keeper_) {
        if (asked) mesh_.merged(link, now());
        return;
    }
    keeper_->change(
        [documents = std::move(documents)](const roster::Roster&) -> Result<std::vector<roster::Checked>> {
            return roster::check_documents(documents);
        },
        [this, link, asked](const Result<Keeper::Outcome>& outcome) {
            if (outcome) {
                changed(*outcome, link);
            } else {
                host_.log(MSW_ERR, "what a neighbour knows of the roster is not taken: " + outcome.error().text);
            }
            if (asked) mesh_.merged(link, now());
        });
}

void RosterDesk::admit(const Datapack& question, const roster::Digest& session, std::function<void(Datapack)> answer) {
    const auto refuse = [answer](const Error& why) {
        Datapack reply("reply", "join", why.text);
        reply.set("error", wire_name(why.code));
        answer(std::move(reply));
    };
    if (question.method != "post" || question.app != "join") return refuse(bad("that is no wish to join"));
    if (!keeper_ || over_) return refuse({Code::refused, "this host is in no mesh"});
    if (joiner_) return refuse({Code::refused, "this host is about to join another mesh itself"});
    keeper_->change(
        [bytes = question.body, session, keys = keys_, own = mesh_.members().with_key(keys_->sign.public_key())->name](
            const roster::Roster& roster) -> Result<std::vector<roster::Checked>> {
            Result<roster::JoinRequest> request = roster::decode_request(bytes);
            if (!request) return request.error();
            roster::Digest member{};
            for (const auto& [digest, one] : roster.view().members) {
                if (to_hex(digest) == own) member = digest;
            }
            Result<roster::Member> admitted =
                roster::admit(roster, {member, keys->sign}, *request, session, wall_seconds());
            if (!admitted) return admitted.error();
            std::optional<roster::Checked> checked = roster::Checked::check(std::move(admitted).value());
            if (!checked) return bad("what it says makes no sense");
            return std::vector<roster::Checked>{std::move(*checked)};
        },
        [this, answer, refuse, bytes = question.body](const Result<Keeper::Outcome>& outcome) {
            if (!outcome) {
                host_.log(MSW_NOTICE, "somebody wanted to join and was refused: " + outcome.error().text);
                refuse(outcome.error());
                return;
            }
            const Result<roster::JoinRequest> request = roster::decode_request(bytes);
            const Member* joined = request ? outcome->members->with_key(request->claim.keys.sign) : nullptr;
            if (joined == nullptr) return refuse({Code::refused, "the roster does not take it"});
            host_.log(MSW_NOTICE, joined->id + " has joined the mesh");
            changed(*outcome, 0);
            answer(Datapack("reply", "join", roster::bundle_of(*outcome->members->roster())));
        });
}

// Questions.

void RosterDesk::ask(const Datapack& question) {
    std::string_view body = question.body;
    while (!body.empty() && (body.back() == '\n' || body.back() == ' ')) body.remove_suffix(1);
    const std::string_view word = first_word(body);
    const std::string_view rest = after_word(body);
    if (over_) return answer(question, Error{Code::closed, "mswd is about to start anew"});
    if (word == "found") return found(question, rest);
    if (word == "join") return join(question, rest);
    if (word == "leave") return leave(question);
    if (!keeper_) return answer(question, Error{Code::refused, "this host is in no mesh (mswctl join, mswctl invite)"});
    if (word == "records") return records(question, rest);
    if (word == "amend") return amend(question, rest);
    return new_keys(question);
}

Result<void> RosterDesk::may_decide(const Datapack& question) const {
    const std::string_view by = question.get("by");
    const bool here = same_host_id(question.get("id"), settings_.mesh.id);
    if (here && (by == "uid:0" || by == "uid:" + std::to_string(::geteuid()))) return {};
    return Error{Code::refused,
                 "only root of this host may decide to which mesh it belongs: call mswctl with sudo, on this host"};
}

void RosterDesk::begin_anew(const Datapack& question, const Result<std::string>& text) {
    over_ = static_cast<bool>(text);
    answer(question, text);
    if (over_) host_.restart();
}

void RosterDesk::write_new(const Datapack& question, roster::Roster roster,
                           std::function<std::string(const Membership&)> text) {
    struct Writing {
        std::string path;
        MembershipPtr members;
        Result<void> done;
    };
    auto writing = std::make_shared<Writing>();
    writing->path = roster_path(settings_);
    writing->members = std::make_shared<const Membership>(std::move(roster));
    uv::work(
        loop_,
        [writing] {
            const OpensslThread thread;
            writing->done = roster::write_roster(writing->path, *writing->members->roster());
        },
        anchor_.guard([this, writing, question, text = std::move(text)] {
            const Member* own = writing->members->with_key(keys_->sign.public_key());
            if (writing->done && own != nullptr) writing->done = keep_id(settings_, own->id);
            begin_anew(question, writing->done ? Result<std::string>(text(*writing->members)) : writing->done.error());
        }));
}

void RosterDesk::found(const Datapack& question, std::string_view words) {
    if (const Result<void> may = may_decide(question); !may) return answer(question, may.error());
    if (keeper_) return answer(question, Error{Code::refused, "this host is in a mesh already"});
    const Result<std::vector<roster::Checked>> documents = read_documents(std::string(words));
    if (!documents) return answer(question, documents.error());
    const auto* root =
        documents->size() == 1 ? std::get_if<roster::SignedRoot>(&documents->front().document()) : nullptr;
    if (root == nullptr || !root->root.founder) return answer(question, bad("`found` takes one root, of version 1"));
    if (root->root.founder->keys != keys_->public_keys()) {
        return answer(question, bad("its founder has other keys than this host"));
    }
    roster::Roster roster(digest_of(root->root));
    (void)roster.merge(*documents);
    if (roster.view().with_key(keys_->sign.public_key()) == nullptr) {
        return answer(question, bad("this root doesn't hold: it is not signed by its own admins"));
    }
    host_.log(MSW_NOTICE, "this host founds a mesh, " + to_hex(roster.mesh()).substr(0, 16) + "…");
    const std::vector<Address> addresses = mesh_.addresses();
    write_new(question, std::move(roster), [this, addresses](const Membership& members) {
        return roster_json(members, settings_.mesh.id, keys_->sign.public_key(), addresses);
    });
}

void RosterDesk::records(const Datapack& question, std::string_view words) {
    keeper_->change(
        [words = std::string(words)](const roster::Roster&) { return read_documents(words); },
        [this, question, words = std::string(words)](const Result<Keeper::Outcome>& outcome) {
            if (!outcome) return answer(question, outcome.error());
            if (!holds_any(*outcome->members->roster(), words)) {
                return answer(question, Error{Code::refused,
                                              "none of these records holds: they are signed by nobody who may, "
                                              "follow another version, or are of another mesh"});
            }
            changed(*outcome, 0);
            Json alarms = Json::array();
            for (const std::string& alarm : outcome->alarms) alarms.push(alarm);
            answer(
                question,
                Json::object({{"fresh", std::uint64_t{outcome->fresh.size()}}, {"alarms", std::move(alarms)}}).dump());
        });
}

void RosterDesk::amend(const Datapack& question, std::string_view words) {
    const KeyPlace next = next_keys(settings_);
    const KeyPlace place = key_place(settings_.state_dir, settings_.credentials_dir);
    auto renewed = std::make_shared<bool>(false);
    keeper_->change(
        [words = std::string(words), keys = keys_, next, renewed,
         own = settings_.mesh.member](const roster::Roster&) -> Result<std::vector<roster::Checked>> {
            Result<std::vector<roster::Checked>> documents = read_documents(words);
            if (!documents) return documents.error();
            const auto* given =
                documents->size() == 1 ? std::get_if<roster::SignedAmendment>(&documents->front().document()) : nullptr;
            if (given == nullptr || to_hex(given->amendment.member) != own) {
                return bad("`amend` takes one amendment, about this host");
            }
            roster::SignedAmendment amendment = *given;
            amendment.by.push_back(roster::sign(keys->sign, amendment.amendment));
            if (amendment.amendment.keys != keys->public_keys()) {
                const Result<HostKeys> others = load_host_keys(next);
                if (!others) return others.error();
                if (others->public_keys() != amendment.amendment.keys) {
                    return bad("it gives this host keys that it has not made (`new-keys`)");
                }
                amendment.by.push_back(roster::sign(others->sign, amendment.amendment));
                *renewed = true;
            }
            std::sort(amendment.by.begin(), amendment.by.end());
            std::optional<roster::Checked> checked = roster::Checked::check(std::move(amendment));
            if (!checked) return bad("it is signed twice by one key");
            return std::vector<roster::Checked>{std::move(*checked)};
        },
        [this, question, renewed, next, place](const Result<Keeper::Outcome>& outcome) {
            if (!outcome) return answer(question, outcome.error());
            if (outcome->fresh.empty()) {
                return answer(question, Error{Code::refused,
                                              "this amendment doesn't hold: it is signed by no admin, follows another "
                                              "version, or takes what is another's"});
            }
            if (*renewed && std::rename(next.path.c_str(), place.path.c_str()) == 0) {
                (void)sync_folder(settings_.state_dir);  // else the next start does it
            }
            const std::vector<Address> addresses = mesh_.addresses();
            const PublicKey key = *renewed ? PublicKey{} : keys_->sign.public_key();
            answer(question, roster_json(*outcome->members, settings_.mesh.id, key, addresses));
            changed(*outcome, 0);
        });
}

void RosterDesk::new_keys(const Datapack& question) {
    if (key_place(settings_.state_dir, settings_.credentials_dir).credential) {
        return answer(question, Error{Code::unsupported,
                                      "the keys of this host are a credential of its service manager, where mswd can't "
                                      "write: they are changed there"});
    }
    const Result<HostKeys> keys = load_host_keys(next_keys(settings_));
    if (!keys) return answer(question, keys.error());
    const PublicKeys both = keys->public_keys();
    answer(question, Json::object({{"sign", to_hex(both.sign)}, {"seal", to_hex(both.seal)}}).dump());
}

void RosterDesk::join(const Datapack& question, std::string_view words) {
    if (const Result<void> may = may_decide(question); !may) return answer(question, may.error());
    if (keeper_ && question.get("leave") != "1") {
        return answer(question, Error{Code::refused, "this host is in a mesh already: mswctl join --leave leaves it"});
    }
    if (joiner_) return answer(question, Error{Code::refused, "this host is about to join a mesh already"});
    Result<roster::Token> token = roster::read_token(first_word(words));
    if (!token) return answer(question, token.error());
    const std::string_view wanted = after_word(words);
    const std::string id(!wanted.empty()                   ? std::string(wanted)
                         : token->invite.invite.id.empty() ? settings_.mesh.id
                                                           : token->invite.invite.id);
    if (!valid_host_id(id)) return answer(question, bad("that is no host id: " + std::string(kHostIdRule)));
    const std::string via = token->addresses.empty() ? std::string() : token->addresses.front();
    std::vector<Address> addresses;
    for (const std::string& one : token->addresses) {
        if (Result<Address> address = parse_address(one)) addresses.push_back(std::move(address).value());
    }
    joiner_ = std::make_unique<Joiner>(
        loop_, tls_, keys_, std::move(token).value(), id,
        [this, question, via, addresses](Result<roster::Roster> roster) {
            // Not from within its own callback.
            uv::work(
                loop_, [] {}, anchor_.guard([this, question, via, addresses, roster = std::move(roster)]() mutable {
                    joiner_.reset();
                    if (!roster) return answer(question, roster.error());
                    (void)write_known_addresses(settings_.state_dir, addresses);
                    write_new(question, std::move(roster).value(), [this, via](const Membership& members) {
                        const Member* own = members.with_key(keys_->sign.public_key());
                        return Json::object({{"id", own->id},
                                             {"mesh", to_hex(members.roster()->mesh())},
                                             {"member", own->name},
                                             {"via", via}})
                            .dump();
                    });
                }));
        });
}

void RosterDesk::leave(const Datapack& question) {
    if (const Result<void> may = may_decide(question); !may) return answer(question, may.error());
    if (!keeper_) return answer(question, Error{Code::refused, "this host is in no mesh"});
    if (const Result<void> away = put_away(settings_); !away) return answer(question, away.error());
    host_.log(MSW_NOTICE, "this host leaves its mesh");
    begin_anew(question, std::string("{}"));
}

}  // namespace msw::net
