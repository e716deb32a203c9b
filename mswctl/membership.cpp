// invite, join, leave, roster, grant, revoke, rename, and the words of key that change something.
#include "base/base64.hpp"
#include "base/hex.hpp"
#include "mswctl/admin.hpp"
#include "mswctl/authority.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/reach.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <thread>

namespace mswctl {
namespace {

using msw::Code;
using msw::Error;
using msw::Json;
using msw::Result;
using namespace msw::roster;

constexpr Milliseconds kJoinWait{90'000};
constexpr std::chrono::milliseconds kAgain{1'000};

/// What a command needs of the daemon: one question after another, each answered with JSON.
class Net {
public:
    Net(Session& session, Output& out, const Globals& globals) : session_(session), out_(out), globals_(globals) {}

    Result<Json> ask(std::string_view body, Milliseconds wait = kInfoWait) {
        Result<msw::Datapack> answer = ask_host(session_, out_, globals_, "net", body, globals_.wait(wait));
        if (!answer) return answer.error();
        return Json::parse(answer->body);
    }
    Result<RosterWords> roster() {
        Result<Json> json = ask("roster");
        if (!json) return json.error();
        return read_roster_words(*json);
    }
    [[nodiscard]] Session& session() noexcept { return session_; }
    [[nodiscard]] const Globals& globals() const noexcept { return globals_; }

private:
    Session& session_;
    Output& out_;
    const Globals& globals_;
};

Exit fail(Net& net, Output& out, const Error& why) {
    out.talk("mswctl: " + why.text);
    return net.session().exit_for(why);
}

Exit with_net(const Arguments& args, Output& out, const std::function<Exit(Net&)>& f) {
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    Net net(*session, out, args.globals);
    return f(net);
}

std::string records(std::initializer_list<std::string> documents) {
    std::string text;
    for (const std::string& one : documents) text += ' ' + msw::to_base64(one);
    return text;
}

std::uint64_t now_s() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

/// A question about the roster, with the admin's key.
Exit decide(const Arguments& args, Output& out,
            const std::function<Result<std::string>(Net&, const RosterWords&, const msw::SigningKey&)>& question) {
    return with_net(args, out, [&](Net& net) {
        const Result<RosterWords> roster = net.roster();
        if (!roster) return fail(net, out, roster.error());
        if (!roster->in_mesh) {
            return fail(
                net, out,
                {Code::refused, roster->id + " is in no mesh; `mswctl invite` founds one, `mswctl join` joins one"});
        }
        const Result<msw::SigningKey> key = admin_key(args.admin, out);
        if (!key) return fail(net, out, key.error());
        const Result<std::string> done = question(net, *roster, *key);
        if (!done) return fail(net, out, done.error());
        out.talk(*done);
        return Exit::ok;
    });
}

/// mswd starts anew where its host becomes another one to the mesh: wait until it has.
/// @return false: it has not within 30 s
bool is_back(const Globals& globals, const std::function<bool(const RosterWords&)>& as_it_should) {
    constexpr std::chrono::milliseconds kBetween{50};
    Globals here = globals;
    here.host.clear();
    const auto until = Clock::now() + kRestartWait;
    for (; Clock::now() < until; std::this_thread::sleep_for(kBetween)) {
        Result<Session> session = Session::open(here);
        if (!session) continue;
        const Result<msw::Datapack> answer = session->ask(question_for(here, "net", "roster"), kInfoWait);
        const Result<Json> json = answer ? Json::parse(answer->body) : Result<Json>(answer.error());
        const Result<RosterWords> words = json ? read_roster_words(*json) : Result<RosterWords>(json.error());
        if (words && as_it_should(*words)) return true;
    }
    return false;
}

Exit not_back(Output& out) {
    out.talk(
        "mswctl: that was done, but mswd is not back after 30 s; its journal says why (mswctl tail, journalctl -u "
        "mswd)");
    return Exit::unreachable;
}

/// Have the mesh take documents.
Result<void> give(Net& net, std::initializer_list<std::string> documents) {
    const Result<Json> answer = net.ask("records" + records(documents));
    if (!answer) return answer.error();
    return {};
}

/// Have a host take an amendment about itself, which it signs, too.
Result<void> give_to(Session& session, const std::string& host, const SignedAmendment& amendment) {
    msw::Datapack question("post", "net", "amend" + records({encode_document(amendment)}));
    if (!msw::same_host_id(host, session.host())) question.set("to", host);
    const Result<msw::Datapack> answer = session.ask(std::move(question), kAnswerWait);
    if (!answer) return answer.error();
    return {};
}

std::string when(std::uint64_t seconds) { return duration_words(static_cast<std::int64_t>(seconds)); }

Result<RosterWords> found(Net& net, const Arguments& args, Output& out, const std::string& id) {
    if (!net.globals().host.empty()) {
        return Error{Code::refused, "another host can't be made to found a mesh: call mswctl there"};
    }
    const Result<Json> own = net.ask("key");
    if (!own) return own.error();
    const std::string recovery_path =
        args.admin.recovery_key.empty() ? args.admin.admin_key + ".recovery" : args.admin.recovery_key;
    const Result<msw::SigningKey> admin = new_key(args.admin.admin_key, args.admin, out);
    if (!admin) return admin.error();
    const Result<msw::SigningKey> recovery = new_key(recovery_path, args.admin, out);
    if (!recovery) {
        out.talk("mswctl: " + args.admin.admin_key + " was written; remove it before you try again");
        return recovery.error();
    }
    const Result<msw::PublicKeys> keys = read_keys(*own);
    if (!keys) return keys.error();
    const SignedRoot root = found_mesh(*admin, recovery->public_key(), id, *keys);
    const Result<Json> founded = net.ask("found" + records({encode_document(root)}), kAnswerWait);
    if (!founded) return founded.error();
    out.talk("This host, " + id + ", has founded a mesh. Two keys were made:\n  " + args.admin.admin_key +
             "  admits and ends hosts: it stays here, and root's\n  " + recovery_path +
             "  wins if that one is lost or stolen: move it off this machine now, to a stick or into a safe\n");
    return read_roster_words(*founded);
}

std::string read_stdin() {
    constexpr std::size_t kMost = 16384;
    std::string text(kMost, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
    return text;
}

Result<Json> join_once(Net& net, const std::string& token, const AdminWish& wish) {
    std::string_view trimmed(token);
    while (!trimmed.empty() && static_cast<unsigned char>(trimmed.back()) <= ' ') trimmed.remove_suffix(1);
    while (!trimmed.empty() && static_cast<unsigned char>(trimmed.front()) <= ' ') trimmed.remove_prefix(1);
    msw::Datapack question("post", "net", "join " + std::string(trimmed) + (wish.id.empty() ? "" : " " + wish.id));
    if (wish.leave) question.set("leave", "1");
    const Result<msw::Datapack> answer = net.session().ask(std::move(question), net.globals().wait(kJoinWait));
    if (!answer) return answer.error();
    return Json::parse(answer->body);
}

std::string words_of(const std::vector<std::string>& list, const char* between) {
    std::string text;
    for (const std::string& one : list) text += (text.empty() ? "" : between) + one;
    return text;
}

}  // namespace

Exit run_invite(const Arguments& args, Output& out) {
    return with_net(args, out, [&](Net& net) {
        const Result<std::uint64_t> lasts = seconds_of(args.admin.ttl);
        if (!lasts) {
            out.talk("mswctl: --ttl: " + lasts.error().text);
            return Exit::usage;
        }
        Result<RosterWords> roster = net.roster();
        if (!roster) return fail(net, out, roster.error());
        const bool founds = !roster->in_mesh;
        if (founds) {
            roster = found(net, args, out, roster->id);
            if (!roster) return fail(net, out, roster.error());
        }
        if (founds && !is_back(args.globals, [](const RosterWords& words) { return words.in_mesh; }))
            return not_back(out);
        const Result<msw::SigningKey> key = admin_key(args.admin, out);
        if (!key) return fail(net, out, key.error());
        InviteWish wish{args.admin.id, args.admin.roles, args.admin.uses, now_s() + *lasts, args.admin.replace};
        const Result<Token> token = invite(*roster, *key, wish);
        if (!token) return fail(net, out, token.error());
        const std::string text = to_text(*token);
        if (net.globals().json) {
            out.data(
                Json::object(
                    {{"token", text}, {"expires", std::uint64_t{wish.expires}}, {"uses", std::uint64_t{wish.uses}}})
                    .dump() +
                "\n");
        } else {
            out.data(text + "\n");
        }
        out.talk("Whoever has this token can join, for " + when(*lasts) +
                 (wish.uses == 1 ? ", once" : ", " + std::to_string(wish.uses) + " times") +
                 ". On the other host:\n  sudo mswctl join -\nthen paste it, Enter and Ctrl-D.");
        return Exit::ok;
    });
}

Exit run_join(const Arguments& args, Output& out) {
    if (!args.globals.host.empty()) {
        out.talk("mswctl: a host joins by its own mswctl; call it there");
        return Exit::usage;
    }
    const std::string given = args.words.empty() ? "-" : args.words.front();
    if (given == "-" && out.can_ask()) out.talk("paste the token, then Enter and Ctrl-D:");
    const std::string token = given == "-" ? read_stdin() : given;
    return with_net(args, out, [&](Net& net) {
        const auto until = std::chrono::steady_clock::now() +
                           args.wait.value_or(args.wait_asked ? Milliseconds(600'000) : Milliseconds(0));
        Result<Json> joined = join_once(net, token, args.admin);
        while (!joined && joined.error().code == Code::unreachable && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(kAgain);
            joined = join_once(net, token, args.admin);
        }
        if (!joined) return fail(net, out, joined.error());
        const std::string member = (*joined)["member"].as_string();
        if (!is_back(args.globals,
                     [&](const RosterWords& words) { return words.in_mesh && msw::to_hex(words.own) == member; })) {
            return not_back(out);
        }
        if (net.globals().json) {
            out.data(joined->dump() + "\n");
        } else {
            out.talk("This host is " + (*joined)["id"].as_string() + " in the mesh of " + (*joined)["via"].as_string() +
                     " now. `mswctl peers` shows who is in reach.");
        }
        return Exit::ok;
    });
}

Exit run_leave(const Arguments& args, Output& out) {
    if (!args.globals.host.empty()) {
        out.talk("mswctl: a host leaves by its own mswctl; `mswctl revoke` ends another one");
        return Exit::usage;
    }
    return with_net(args, out, [&](Net& net) {
        const Result<Json> left = net.ask("leave", kAnswerWait);
        if (!left) return fail(net, out, left.error());
        if (!is_back(args.globals, [](const RosterWords& words) { return !words.in_mesh; })) return not_back(out);
        out.talk("This host is in no mesh any more. To the others it is one that is off; `mswctl revoke " +
                 net.session().host() + "`, by an admin, ends it there.");
        return Exit::ok;
    });
}

Exit run_roster(const Arguments& args, Output& out) {
    return with_net(args, out, [&](Net& net) {
        const Result<Json> json = net.ask("roster");
        if (!json) return fail(net, out, json.error());
        if (net.globals().json) {
            out.data(json->dump() + "\n");
            return Exit::ok;
        }
        const Result<RosterWords> roster = read_roster_words(*json);
        if (!roster) return fail(net, out, roster.error());
        if (!roster->in_mesh) {
            out.talk(roster->id + " is in no mesh; `mswctl invite` founds one, `mswctl join` joins one");
            return Exit::ok;
        }
        Table table({{"HOST"}, {"ROLES"}, {"STATE"}, {"KEY"}});
        std::vector<RosterWords::Member> rows = roster->members;
        std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        for (const RosterWords::Member& member : rows) {
            const std::string state = member.ended ? "ended" : member.member == roster->own ? "this host" : "member";
            table.add({member.id, words_of(member.roles, " "), state, member.key});
        }
        out.table(table);
        for (const std::string& alarm : roster->alarms) out.talk("alarm: " + alarm);
        if (roster->frozen) out.talk("alarm: the roster is frozen until the recovery key decides");
        return Exit::ok;
    });
}

Exit run_grant(const Arguments& args, Output& out) {
    if (args.words.empty() || (args.words.size() == 1 && args.admin.remove.empty())) {
        out.talk("mswctl: grant takes a host and at least one role: mswctl grant miku control");
        return Exit::usage;
    }
    return decide(
        args, out, [&](Net& net, const RosterWords& roster, const msw::SigningKey& key) -> Result<std::string> {
            MemberWish wish;
            wish.add.assign(args.words.begin() + 1, args.words.end());
            wish.remove = args.admin.remove;
            const Result<SignedAmendment> amendment = amend(roster, key, args.words.front(), wish);
            if (!amendment) return amendment.error();
            if (Result<void> given = give(net, {encode_document(*amendment)}); !given) return given.error();
            const std::string roles = words_of(amendment->amendment.roles, ", ");
            return amendment->amendment.id + " has " + (roles.empty() ? "no role" : "the roles " + roles) + " now";
        });
}

Exit run_revoke(const Arguments& args, Output& out) {
    if (args.words.size() != 1) {
        out.talk("mswctl: revoke takes the id of one host");
        return Exit::usage;
    }
    return decide(
        args, out, [&](Net& net, const RosterWords& roster, const msw::SigningKey& key) -> Result<std::string> {
            const Result<SignedTombstone> end = revoke(roster, key, args.words.front(), args.admin.drop_admitted);
            if (!end) return end.error();
            if (Result<void> given = give(net, {encode_document(*end)}); !given) return given.error();
            return end->tombstone.id +
                   " belongs to the mesh no more. Hosts that are cut off now hear of it when they are back";
        });
}

Exit run_rename(const Arguments& args, Output& out) {
    if (args.words.size() != 2) {
        out.talk("mswctl: rename takes the id of a host and another one: mswctl rename old new");
        return Exit::usage;
    }
    return decide(
        args, out, [&](Net& net, const RosterWords& roster, const msw::SigningKey& key) -> Result<std::string> {
            MemberWish wish;
            wish.id = args.words.back();
            const Result<SignedAmendment> amendment = amend(roster, key, args.words.front(), wish);
            if (!amendment) return amendment.error();
            if (Result<void> given = give_to(net.session(), args.words.front(), *amendment); !given)
                return given.error();
            if (msw::same_host_id(args.words.front(), net.session().host())) {
                (void)is_back(args.globals, [&](const RosterWords& words) { return words.id == args.words.back(); });
            }
            return args.words.front() + " is called " + args.words.back() + " now";
        });
}

Exit rotate_keys(const Arguments& args, Output& out) {
    return decide(args, out,
                  [&](Net& net, const RosterWords& roster, const msw::SigningKey& key) -> Result<std::string> {
                      const Result<Json> made = net.ask("new-keys");
                      if (!made) return made.error();
                      const Result<msw::PublicKeys> keys = read_keys(*made);
                      if (!keys) return keys.error();
                      MemberWish wish;
                      wish.keys = *keys;
                      const Result<SignedAmendment> amendment = amend(roster, key, roster.id, wish);
                      if (!amendment) return amendment.error();
                      if (Result<void> given = give_to(net.session(), roster.id, *amendment); !given)
                          return given.error();
                      if (args.globals.host.empty()) {
                          (void)is_back(args.globals, [&](const RosterWords& words) {
                              const RosterWords::Member* own = words.named(words.own);
                              return own != nullptr && own->keys == *wish.keys;
                          });
                      }
                      return roster.id + " has new keys: " + msw::to_text(digest_of(*wish.keys));
                  });
}

}  // namespace mswctl
