#include "msw/host_id.hpp"
#include "mswctl/text.hpp"
#include "mswctl/trace.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mswctl {
namespace {

using msw::Json;

constexpr std::size_t kMostHops = 40;  // more than a Datapack is passed on, and a forced way of the longest kind

std::string joined(const std::vector<std::string>& way, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += way[i] + '&';
    return text;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

/// @return why a link is slow or shut, or nothing
std::string trouble_of(const Json& route) {
    std::string text;
    const auto add = [&](const std::string& words) { text += (text.empty() ? "" : "; ") + words; };
    const std::string& next = route["next"].as_string();
    if (route["state"].as_string() == "busy") add(next + " is busy: only its kernel answers");
    if (!route["room"].as_bool(true)) add("the link to " + next + " has no room");
    const Json& flow = route["flow"];
    if (flow["starved"].as_bool()) {
        add(flow["app"].as_string() + " on " + route["to"].as_string() + " has yet to take what it was sent: " +
            std::to_string(flow["waiting"].as_int()) + " (" + bytes_words(flow["bytes"].as_int()) + ") wait here");
    } else if (flow["waiting"].as_int() > 0) {
        add(std::to_string(flow["waiting"].as_int()) + " (" + bytes_words(flow["bytes"].as_int()) +
            ") wait here before it");
    }
    return text;
}

/// Says why a question was not answered, as far as this host's net knows.
std::string words_about(const Asked& asked, const std::string& host, const Ask& ask) {
    std::string text = asked.answer.error().text;
    if (asked.answer.error().code == msw::Code::bad_request) {
        return text + "; the mswd of " + host + " is older than this one, and doesn't tell its routes";
    }
    if (asked.answer.error().code != msw::Code::timeout) return text;
    const Asked here = ask({}, "net", "trace " + asked.flag);
    const msw::Result<Json> rows =
        here.answer ? Json::parse(here.answer->body) : msw::Result<Json>(here.answer.error());
    if (!rows) return text;
    for (const Json& row : rows->items()) {
        if (!row["why"].as_string().empty()) text += ": " + row["why"].as_string();
    }
    return text;
}

}  // namespace

Walk walk(const std::vector<std::string>& way, const std::string& app, const std::string& self, const Ask& ask) {
    Walk out;
    out.target = way.back();
    std::string host = self;
    std::size_t leg = 0;  // of the way, the host that is being gone to
    std::set<std::pair<std::size_t, std::string>> been;
    const auto stop = [&](msw::Code code, std::string why) {
        out.error = {code, std::move(why)};
        out.hops.back().why = out.error.text;
        return out;
    };
    out.hops.push_back({host, {}, {}, {}});
    for (std::size_t i = 0; i < kMostHops; ++i) {
        const std::string to = i == 0 ? std::string() : joined(way, leg) + host;
        while (leg + 1 < way.size() && msw::same_host_id(host, way[leg])) ++leg;
        const bool whole_app = i == 0 && way.size() == 1 && !app.empty();
        const Asked asked = ask(to, "net", "route " + way[leg] + (whole_app ? " " + app : ""));
        Hop& hop = out.hops.back();
        if (!asked.answer) return stop(asked.answer.error().code, words_about(asked, host, ask));
        hop.ms = asked.ms;
        msw::Result<Json> route = Json::parse(asked.answer->body);
        if (!route) return stop(msw::Code::io, "`net:route` gave no JSON: " + route.error().text);
        hop.route = *std::move(route);
        const std::string next = hop.route["next"].as_string();
        const std::string& kind = hop.route["way"].as_string();
        if (kind == "here") {
            out.reached = true;
            out.to = to;
            return out;
        }
        if (kind == "none" || next.empty()) return stop(msw::Code::unreachable, hop.route["why"].as_string());
        hop.why = trouble_of(hop.route);
        if (!been.emplace(leg, lower(host)).second) {
            return stop(msw::Code::unreachable, "the way runs in a circle: it was here before");
        }
        if (kind == "old") {
            out.hops.push_back({next, {}, {}, "a host of the Python system, which can't be asked"});
            out.reached = out.old = true;
            return out;
        }
        host = next;
        out.hops.push_back({host, {}, {}, {}});
    }
    return stop(msw::Code::unreachable, "the way has more hosts than a Datapack may pass");
}

AppState app_state(const std::string& app, const std::string& host, const Json& plugins, const Json& queue,
                   std::size_t weight) {
    AppState out;
    out.app = app;
    const auto row_of = [&](const Json& rows) {
        const auto& all = rows.items();
        const auto at =
            std::find_if(all.begin(), all.end(), [&](const Json& r) { return r["app"].as_string() == app; });
        return at == all.end() ? Json() : *at;
    };
    out.row = row_of(plugins);
    const auto bad = [&](msw::Code code, std::string words) {
        out.words = std::move(words);
        out.bad = msw::Error{code, app + " on " + host + ": " + out.words};
        return out;
    };
    if (out.row.is(Json::Kind::null)) return bad(msw::Code::no_such_app, "there is no such plugin");
    const std::string& state = out.row["state"].as_string();
    const std::string& last_error = out.row["last_error"].as_string();
    if (state != "running") return bad(msw::Code::no_such_app, state + (last_error.empty() ? "" : ": " + last_error));
    const std::int64_t waiting = out.row["queue"].as_int();
    const std::int64_t bytes = out.row["queue_bytes"].as_int();
    const std::int64_t limit = row_of(queue)["limit_bytes"].as_int();
    const std::string words = std::to_string(waiting) + " (" + bytes_words(bytes) + ')';
    if (limit > 0 && waiting > 0 && bytes + static_cast<std::int64_t>(weight) > limit) {
        return bad(msw::Code::queue_full,
                   "running, but its mailbox is full: " + words + " wait there, of " + bytes_words(limit));
    }
    out.words = "running, " + (waiting == 0 ? "nothing waits in its mailbox" : words + " wait in its mailbox");
    return out;
}

}  // namespace mswctl
