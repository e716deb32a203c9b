#include "mswctl/trace_flag.hpp"

#include "base/json.hpp"
#include "msw/host_id.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"
#include "mswctl/trace.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mswctl {
namespace {

using msw::Json;

/// One place where a Datapack is.
struct Place {
    std::string host;   ///< where that is
    std::string where;  ///< the queue there
    std::string app;    ///< that it is for
    std::string to;     ///< the host that it is for
    std::string why;    ///< what it waits for
    Json row;           ///< as that host told it
};

/// A host that has it, or may have it.
struct Next {
    std::string host;
    std::string app;
    bool durable = false;
    bool answered = true;  ///< somebody waits for its answer
};

class Trace {
public:
    Trace(Ask ask, std::string flag) : ask_(std::move(ask)), flag_(std::move(flag)) {}

    /// @param to  for questions; empty: this host. @return why `net` there didn't answer, or nothing
    std::optional<msw::Error> look(const std::string& to, const std::string& host);
    /// Look where it went.
    void follow(const std::string& origin);

    [[nodiscard]] const std::vector<Place>& places() const noexcept { return places_; }

private:
    [[nodiscard]] std::optional<Json> ask(const std::string& to, const std::string& app, const std::string& body,
                                          std::optional<msw::Error>* error = nullptr) const;
    void add_net(const std::string& host, const Json& rows);
    void add_disk(const std::string& host, const Json& rows);
    void go_on(const std::string& host, const std::string& app, bool durable, bool answered);
    void look_at_app(const Next& next);

    Ask ask_;
    std::string flag_;
    std::vector<Place> places_;
    std::vector<Next> next_;
};

std::optional<Json> Trace::ask(const std::string& to, const std::string& app, const std::string& body,
                               std::optional<msw::Error>* error) const {
    const Asked asked = ask_(to, app, body);
    msw::Result<Json> json = asked.answer ? Json::parse(asked.answer->body) : msw::Result<Json>(asked.answer.error());
    if (json) return *std::move(json);
    if (error != nullptr) *error = json.error();
    return std::nullopt;
}

void Trace::go_on(const std::string& host, const std::string& app, bool durable, bool answered) {
    const bool known =
        std::any_of(next_.begin(), next_.end(), [&](const Next& n) { return msw::same_host_id(n.host, host); });
    if (!known) next_.push_back({host, app, durable, answered});
}

void Trace::add_net(const std::string& host, const Json& rows) {
    for (const Json& row : rows.items()) {
        const std::string& where = row["where"].as_string();
        const std::string& waits = row["waits"].as_string();
        places_.push_back({host, where, row["app"].as_string(), row["host"].as_string(), row["why"].as_string(), row});
        const bool went = where == "question" || (where == "custody" && row["sent"].as_int() > 0);
        if (went) go_on(row["host"].as_string(), row["app"].as_string(), row["durable"].as_bool(), waits != "nothing");
    }
}

void Trace::add_disk(const std::string& host, const Json& rows) {
    for (const Json& row : rows.items()) {
        const std::string& box = row["box"].as_string();
        const std::string& app = row["app"].as_string();
        const std::string& state = row["state"].as_string();
        const std::string& to = row["host"].as_string();
        std::string why;
        if (box == "outbox") {
            // In memory, too: `net` knows better what it waits for.
            const bool known = std::any_of(places_.begin(), places_.end(), [&](const Place& p) {
                return p.row["row"].as_int() == row["row"].as_int() && p.where == "custody";
            });
            if (state != "waiting") go_on(to, app, true, true);
            if (known) continue;
            why = state == "received" ? to + " has it, and no answer has come yet"
                  : state == "sent"   ? "it was sent to " + to + ", which has yet to say that it came"
                                      : "it waits behind others for " + to;
        } else if (box == "inbox") {
            const std::int64_t handed = row["handed"].as_int();
            const bool answer = app.substr(0, 1) == "@";  // for a program that had no name of its own
            why = answer ? "its answer is here, and who asked has left; `mswctl queue show " + flag_ + "` prints it"
                  : handed == 0
                      ? app + " has yet to take it"
                      : "it was handed to " + app + (handed == 1 ? "" : " " + std::to_string(handed) + " times") +
                            ", which is not done with it";
        } else {
            why = row["why"].as_string() + (row["maybe_delivered"].as_bool() ? " (maybe delivered)" : " (never sent)");
        }
        places_.push_back({host, box == "dead" ? "dead letter" : box, app, box == "inbox" ? host : to, why, row});
    }
}

std::optional<msw::Error> Trace::look(const std::string& to, const std::string& host) {
    std::optional<msw::Error> error;
    const std::optional<Json> rows = ask(to, "net", "trace " + flag_, &error);
    if (rows) add_net(host, *rows);
    // A host whose net doesn't answer would not answer this either; on this host it does.
    if (!rows && !to.empty()) return error;
    if (const std::optional<Json> disk = ask(to, "mswd", "queue find " + flag_)) add_disk(host, (*disk)["rows"]);
    return error;
}

void Trace::look_at_app(const Next& next) {
    const std::optional<Json> plugins = ask(next.host, "mswd", "plugins");
    const std::optional<Json> queue = ask(next.host, "mswd", "queue");
    if (!plugins || !queue) return;
    const AppState state = app_state(next.app, next.host, *plugins, *queue, 0);
    Place place{next.host, "app", next.app, next.host, {}, state.row};
    if (state.bad) {
        place.why = state.words;
    } else if (state.row["queue"].as_int() > 0) {
        place.why = next.app + " has it, or will after those in its mailbox: " + state.words;
    } else {
        place.why = next.app + (next.answered ? " has it, and has not answered yet" : " has it");
    }
    places_.push_back(std::move(place));
}

void Trace::follow(const std::string& origin) {
    for (const Next& next : std::exchange(next_, {})) {
        if (msw::same_host_id(next.host, origin)) continue;
        const std::size_t before = places_.size();
        if (const std::optional<msw::Error> error = look(next.host, next.host)) {
            places_.push_back({next.host, "unknown", next.app, next.host, "asking there: " + error->text, {}});
        } else if (places_.size() == before && next.app != "all" && !next.durable) {
            look_at_app(next);
        }
    }
}

void print(Output& out, const std::vector<Place>& places) {
    Table table({{"ON"}, {"WHERE"}, {"APP"}, {"FOR"}});
    for (const Place& place : places) {
        table.add({place.host, place.where, place.app, place.to});
        if (!place.why.empty()) table.note(place.why);
    }
    out.table(table);
}

std::string as_json(const std::string& flag, const std::vector<Place>& places) {
    Json rows = Json::array();
    for (const Place& place : places) {
        Json row = Json::object(
            {{"on", place.host}, {"where", place.where}, {"app", place.app}, {"for", place.to}, {"why", place.why}});
        if (!place.row.is(Json::Kind::null)) row.set("told", place.row);
        rows.push(std::move(row));
    }
    return Json::object({{"flag", flag}, {"places", std::move(rows)}}).dump() + '\n';
}

}  // namespace

Exit trace_flag(Session& session, Output& out, const Globals& globals, const std::string& flag) {
    Trace trace(asker(session, globals), flag);
    const std::string host = globals.host.empty() ? session.host() : globals.host;
    const std::optional<msw::Error> error = trace.look(globals.host, host);
    if (error && (error->code != msw::Code::no_such_app || !globals.host.empty())) {
        out.talk("mswctl: " + host + ": " + error->text);
        return session.exit_for(*error);
    }
    trace.follow(host);
    if (globals.json) {
        out.data(as_json(flag, trace.places()));
    } else if (!trace.places().empty()) {
        print(out, trace.places());
    }
    if (!trace.places().empty()) return Exit::ok;
    out.talk("mswctl: nothing with the flag \"" + flag + "\" is under way from " + host +
             ": it has arrived, and was answered if it asked; or its time is over; or it was never there. The journal "
             "names what was not delivered. The way to a host shows `mswctl trace --to HOST`");
    return Exit::failed;
}

}  // namespace mswctl
