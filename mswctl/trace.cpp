// trace: which way a Datapack would take and how long that takes, or where one is that is under way.
#include "mswctl/trace.hpp"

#include "mswctl/commands.hpp"
#include "mswctl/send.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"
#include "mswctl/trace_flag.hpp"

#include <algorithm>
#include <cmath>

namespace mswctl {
namespace {

using msw::Json;

constexpr std::string_view kHowWritten =
    "`mswctl trace` takes SPEC with a target (--to TARGETS, or `;to:TARGETS` in it), --to TARGETS alone, or the FLAG "
    "of a Datapack that is under way";

std::vector<std::string> way_of(std::string_view to) {
    std::vector<std::string> way;
    while (!to.empty()) {
        way.emplace_back(to.substr(0, to.find('&')));
        to.remove_prefix(std::min(way.back().size() + 1, to.size()));
    }
    return way;
}

std::vector<std::string> apps_of(const std::string& list) {
    std::vector<std::string> apps;
    if (list != "all") apps = way_of(list);
    return apps;
}

std::string ms_words(std::optional<double> ms) {
    if (!ms) return "-";
    const long long tenths = std::llround(*ms * 10);
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " ms";
}

std::string link_words(const Json& route) {
    if (route["next"].as_string().empty()) return "";
    std::string text = route["next"].as_string();
    if (route["way"].as_string() == "old") return text + ", old";
    if (!route["state"].as_string().empty()) text += ", " + route["state"].as_string();
    const Json& time = route["round_trip_ms"];
    if (!time.is(Json::Kind::null)) text += ", " + std::to_string(time.as_int()) + " ms";
    return text;
}

Json json_of(const Walk& walk, const std::vector<AppState>& apps) {
    Json hops = Json::array();
    for (const Hop& hop : walk.hops) {
        Json row = Json::object({{"host", hop.host}});
        if (hop.ms) row.set("ms", *hop.ms);
        if (!hop.route.is(Json::Kind::null)) row.set("route", hop.route);
        if (!hop.why.empty()) row.set("why", hop.why);
        hops.push(std::move(row));
    }
    Json out = Json::object({{"target", walk.target}, {"reached", walk.reached}, {"hops", std::move(hops)}});
    if (!walk.reached) out.set("error", msw::wire_name(walk.error.code)).set("why", walk.error.text);
    Json states = Json::array();
    for (const AppState& app : apps) {
        Json state = Json::object({{"app", app.app}, {"state", app.row["state"]}, {"why", app.words}});
        if (!app.row.is(Json::Kind::null)) {
            state.set("waiting", app.row["queue"]).set("waiting_bytes", app.row["queue_bytes"]);
        }
        if (app.bad) state.set("error", msw::wire_name(app.bad->code));
        states.push(std::move(state));
    }
    return out.set("apps", std::move(states));
}

void print(Output& out, const Walk& walk, const std::vector<AppState>& apps) {
    Table table({{"HOP", true}, {"HOST"}, {"ROUND TRIP", true}, {"NEXT"}});
    for (std::size_t i = 0; i < walk.hops.size(); ++i) {
        const Hop& hop = walk.hops[i];
        table.add({std::to_string(i), hop.host, ms_words(hop.ms), link_words(hop.route)});
        if (!hop.why.empty()) table.note(hop.why);
    }
    out.table(table);
    for (const AppState& app : apps) {
        out.data(out.bold(printable(app.app)) + " on " + out.coloured_host(printable(walk.target)) + ": " +
                 printable(app.words) + '\n');
    }
    if (!walk.reached) out.talk("mswctl: " + walk.target + " is not reached: " + walk.error.text);
}

/// @return the rows of an answer of the app mswd over there, or an empty list
Json rows_of(const Asked& asked) {
    const msw::Result<Json> rows = asked.answer ? Json::parse(asked.answer->body) : msw::Result<Json>(Json::array());
    return rows ? *rows : Json::array();
}

Exit trace_way(Session& session, Output& out, const Globals& globals, const msw::Datapack& d) {
    const Ask ask = asker(session, globals);
    const msw::Result<std::vector<Question>> questions = plan(session, d, globals.wait(kInfoWait));
    if (!questions) {
        out.talk("mswctl: " + questions.error().text);
        return session.exit_for(questions.error());
    }
    Exit all = Exit::ok;
    bool first = true;
    for (const Question& q : *questions) {
        const std::vector<std::string> apps = apps_of(d.app);
        const Walk way = walk(way_of(q.datapack.get("to")), apps.empty() ? "" : apps.front(), session.host(), ask);
        std::vector<AppState> states;
        Exit exit = way.reached ? Exit::ok : exit_of(way.error.code);
        if (way.hops.front().route["flow"]["starved"].as_bool()) exit = both(exit, Exit::failed);
        if (way.reached && !way.old && !apps.empty()) {
            const Asked plugins = ask(way.to, "mswd", "plugins");
            const Json queue = rows_of(ask(way.to, "mswd", "queue"));
            for (const std::string& app : apps) {
                AppState state;
                if (plugins.answer) {
                    state = app_state(app, way.target, rows_of(plugins), queue, d.weight());
                } else {
                    state = {app, "unknown: " + plugins.answer.error().text, plugins.answer.error(), {}};
                }
                if (state.bad) exit = both(exit, exit_of(state.bad->code));
                states.push_back(std::move(state));
            }
        }
        if (globals.json) {
            out.data(json_of(way, states).dump() + '\n');
        } else {
            if (!first) out.data("\n");
            print(out, way, states);
        }
        if (session.gone()) return Exit::no_daemon;
        all = both(all, exit);
        first = false;
    }
    return all;
}

/// @return what to trace, with `to`; or what is wrong
msw::Result<msw::Datapack> wished(const Arguments& args) {
    msw::Error wrong{msw::Code::bad_request, std::string(kHowWritten)};
    Wish wish = args.wish;
    const bool hosts_only = wish.spec.empty();
    if (hosts_only) wish.spec = "net:";
    msw::Result<msw::Datapack> d = compose_for(args.globals, wish);
    if (!d) return d;
    if (d->get("to").empty()) return wrong;
    if (hosts_only) d->app = "all";
    return d;
}

}  // namespace

Ask asker(Session& session, const Globals& globals) {
    return [&session, &globals](const std::string& to, const std::string& app, const std::string& body) {
        msw::Datapack question("get", app, body);
        question.give_flag();
        question.set("to", to);
        const std::string flag(question.get("flag"));
        const auto began = Clock::now();
        msw::Result<msw::Datapack> answer = session.ask(std::move(question), globals.wait(kHopWait));
        const std::chrono::duration<double, std::milli> took = Clock::now() - began;
        return Asked{std::move(answer), took.count(), flag};
    };
}

Exit run_trace(const Arguments& args, Output& out) {
    const Wish& wish = args.wish;
    const bool is_flag = !wish.spec.empty() && wish.spec.find(':') == std::string::npos;
    if (is_flag && (!wish.to.empty() || !wish.fields.empty())) {
        out.talk("mswctl: \"" + wish.spec + "\" is no SPEC, which has a `:`, and a FLAG takes neither --to nor -f");
        return Exit::usage;
    }
    msw::Result<msw::Datapack> d = is_flag ? msw::Datapack() : wished(args);
    if (!d) {
        out.talk("mswctl: " + d.error().text);
        return Exit::usage;
    }
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    return is_flag ? trace_flag(*session, out, args.globals, wish.spec) : trace_way(*session, out, args.globals, *d);
}

}  // namespace mswctl
