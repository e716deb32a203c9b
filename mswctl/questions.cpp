#include "mswctl/questions.hpp"

#include "base/json.hpp"
#include "msw/host_id.hpp"

#include <algorithm>

namespace mswctl {
namespace {

std::string joined(const std::vector<std::string>& hosts, char separator) {
    std::string text;
    for (const std::string& host : hosts) {
        if (!text.empty()) text += separator;
        text += host;
    }
    return text;
}

bool is_open(const msw::Target& t) { return t.kind == msw::Target::Kind::all || t.kind == msw::Target::Kind::role; }

}  // namespace

bool names_one_host(std::string_view to) {
    if (to.empty()) return true;
    const msw::Result<std::vector<msw::Target>> targets = msw::parse_targets(to);
    return targets && targets.value().size() == 1 && !is_open(targets.value().front());
}

std::string open_targets(const std::vector<msw::Target>& targets) {
    std::vector<std::string> open;
    for (const msw::Target& t : targets) {
        if (is_open(t)) open.push_back(t.kind == msw::Target::Kind::all ? "*" : "@" + t.role);
    }
    return joined(open, '+');
}

std::vector<std::string> first_hops(std::string_view to) {
    std::vector<std::string> hosts;
    const msw::Result<std::vector<msw::Target>> targets = msw::parse_targets(to);
    if (!targets) return hosts;
    for (const msw::Target& t : targets.value()) {
        if (!is_open(t)) hosts.push_back(t.hosts.front());
    }
    return hosts;
}

std::vector<Question> questions_for(const msw::Datapack& d, const std::vector<msw::Target>& targets,
                                    const std::vector<std::string>& found, std::string_view self) {
    std::vector<Question> questions;
    const auto add = [&](const std::string& host, const std::string& to) {
        const bool known = std::any_of(questions.begin(), questions.end(),
                                       [&](const Question& q) { return msw::same_host_id(q.host, host); });
        if (known) return;
        Question q{host, d};
        q.datapack.set("to", to);
        if (!questions.empty()) q.datapack.set("flag", msw::new_flag());
        questions.push_back(std::move(q));
    };
    if (targets.empty()) add(std::string(self), {});
    // Named hosts first: a way to be taken to one of them counts more than that `*` means it too.
    for (const msw::Target& t : targets) {
        if (!is_open(t)) add(t.hosts.back(), joined(t.hosts, '&'));
    }
    for (const std::string& host : found) add(host, host);
    return questions;
}

msw::Result<std::vector<Question>> plan(Session& session, const msw::Datapack& d, Milliseconds timeout) {
    std::vector<msw::Target> targets;
    if (d.head.has("to")) {
        msw::Result<std::vector<msw::Target>> read = msw::parse_targets(d.get("to"));
        if (!read) return read.error();
        targets = std::move(read).value();
    }
    std::vector<std::string> found;
    if (const std::string open = open_targets(targets); !open.empty()) {
        msw::Result<msw::Datapack> answer = session.ask(msw::Datapack("get", "net", "targets " + open), timeout);
        if (!answer) return msw::Error{answer.error().code, "who is `" + open + "`? " + answer.error().text};
        const msw::Result<msw::Json> list = msw::Json::parse(answer->body);
        if (!list || !list.value().is(msw::Json::Kind::array)) {
            return msw::Error{msw::Code::io, "`net` doesn't answer `targets` with a list of hosts: " + answer->body};
        }
        for (const msw::Json& host : list.value().items()) found.push_back(host.as_string());
    }
    std::vector<Question> questions = questions_for(d, targets, found, session.host());
    if (questions.empty()) {
        return msw::Error{msw::Code::no_such_host, '`' + std::string(d.get("to")) +
                                                       "` means no host now; `mswctl peers` shows who is connected"};
    }
    return questions;
}

}  // namespace mswctl
