#include "mswctl/reach.hpp"

#include "base/json.hpp"
#include "base/nearest.hpp"
#include "msw/host_id.hpp"
#include "mswctl/text.hpp"

#include <algorithm>

namespace mswctl {
namespace {

constexpr Milliseconds kAskFor{500};    // a person may be typing meanwhile
constexpr std::size_t kMostNames = 12;  // in one line

std::string names_of(const std::vector<std::string>& known) {
    std::string names;
    for (std::size_t i = 0; i < std::min(known.size(), kMostNames); ++i) names += (i > 0 ? ", " : "") + known[i];
    if (known.size() > kMostNames) names += " and " + std::to_string(known.size() - kMostNames) + " more";
    return names;
}

}  // namespace

std::string words_about_unknown(const std::vector<std::string>& hosts, const std::vector<std::string>& known,
                                std::string_view then) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    std::string text;
    for (const std::string& host : hosts) {
        const bool in_reach =
            std::any_of(known.begin(), known.end(), [&](const std::string& id) { return msw::same_host_id(id, host); });
        if (in_reach) continue;
        text += host + ": this host is not in reach now; in reach: " + names_of(known);
        const std::string_view near = msw::nearest(host, candidates);
        if (!near.empty()) text += "; did you mean `" + std::string(near) + "`?";
        text += (near.empty() ? "; " : " ") + std::string(then) + '\n';
    }
    return text;
}

void say_who_is_unknown(Session& session, Output& out, const std::vector<std::string>& hosts, std::string_view then) {
    if (hosts.empty()) return;
    const msw::Result<msw::Datapack> answer = session.ask(msw::Datapack("get", "net", "peers"), kAskFor);
    if (!answer) return;
    const msw::Result<msw::Json> peers = msw::Json::parse(answer.value().body);
    if (!peers || !peers.value().is(msw::Json::Kind::array)) return;
    std::vector<std::string> known{session.host()};
    for (const msw::Json& row : peers.value().items()) known.push_back(row["id"].as_string());
    const std::string words = words_about_unknown(hosts, known, then);
    if (!words.empty()) out.talk(words);
}

msw::Result<msw::Datapack> ask_host(Session& session, Output& out, const Globals& globals, std::string_view app,
                                    std::string_view body, Milliseconds timeout) {
    const msw::Datapack question = question_for(globals, app, body);
    if (globals.host.empty()) return session.ask(question, timeout);
    return session.ask(question, timeout, kSilence, [&] {
        say_who_is_unknown(session, out, {globals.host},
                           "it is waited for, " + wait_words(timeout.count()) + " in all");
    });
}

}  // namespace mswctl
