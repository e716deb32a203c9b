// key, status, peers, plugins, queue: what mswd and net say about themselves, as tables.
#include "mswctl/info.hpp"

#include "base/json.hpp"
#include "mswctl/reach.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"

#include <functional>

namespace mswctl {
namespace {

using msw::Json;

/// An answer as JSON, or the code to end with after saying why there is none.
struct Told {
    Json json;
    std::string text;
    Exit exit = Exit::ok;
};

Told tell(Session& session, Output& out, const Globals& globals, std::string_view app, std::string_view body) {
    msw::Result<msw::Datapack> answer = ask_host(session, out, globals, app, body, globals.wait(kInfoWait));
    const std::string who = '`' + std::string(app) + ":" + std::string(body) + '`';
    if (!answer) {
        out.talk("mswctl: " + who + (globals.host.empty() ? "" : " on " + globals.host) + ": " + answer.error().text);
        return {{}, {}, session.exit_for(answer.error())};
    }
    msw::Result<Json> json = Json::parse(answer->body);
    if (!json) {
        out.talk("mswctl: " + who + " gave no JSON: " + json.error().text);
        return {{}, {}, Exit::failed};
    }
    return {std::move(json).value(), std::move(answer->body), Exit::ok};
}

void pass_through(Output& out, std::string text) {
    if (text.empty() || text.back() != '\n') text += '\n';
    out.data(text);
}

/// Ask, and either pass the JSON through or show it.
Exit show(Session& session, Output& out, const Globals& globals, std::string_view app, std::string_view body,
          const std::function<void(const Json&)>& print) {
    Told told = tell(session, out, globals, app, body);
    if (told.exit != Exit::ok) return told.exit;
    if (globals.json) {
        pass_through(out, std::move(told.text));
    } else {
        print(told.json);
    }
    return Exit::ok;
}

std::string number(const Json& value) { return value.is(Json::Kind::null) ? "" : std::to_string(value.as_int()); }

std::string since(const Json& value) { return value.is(Json::Kind::null) ? "" : duration_words(value.as_int()); }

/// A number of Datapacks with their bytes; empty if none wait.
std::string waiting(const Json& count, const Json& bytes) {
    if (count.as_int() == 0) return "-";
    return std::to_string(count.as_int()) + " (" + bytes_words(bytes.as_int()) + ')';
}

std::string either(const std::string& text, const char* otherwise) { return text.empty() ? otherwise : text; }

void print_status(Session& session, Output& out, const Globals& globals, const Json& s) {
    std::string text;
    const auto line = [&](std::string_view name, const std::string& value) {
        if (value.empty()) return;
        text += out.bold(name) + std::string(12 - name.size(), ' ') + printable(value) + '\n';
    };
    line("host", s["id"].as_string());
    line("mswd", s["version"].as_string() + ", up " + since(s["uptime_s"]) + ", pid " + number(s["pid"]));
    line("program", s["program"].as_string());
    line("config", s["config"].as_string());
    line("state", s["state_dir"].as_string());
    line("plugins", number(s["plugins"]));
    line("clients", number(s["clients"]));
    const msw::Result<msw::Datapack> peers =
        session.ask(question_for(globals, "net", "peers"), globals.wait(kInfoWait));
    if (peers) {
        const msw::Result<Json> list = Json::parse(peers.value().body);
        line("peers", list ? std::to_string(list.value().items().size()) : "unknown");
    } else {
        line("peers", "none: " + either(peers.error().text, "net doesn't answer"));
    }
    for (const Json::Member& counter : s["counters"].members()) {
        if (counter.value.as_int() != 0) text += "  " + printable(counter.name) + ": " + number(counter.value) + '\n';
    }
    out.data(text);
}

void print_peers(Output& out, const Json& rows) {
    if (rows.items().empty()) {
        out.talk("no host can be reached now; address.txt lists whom mswd dials");
        return;
    }
    Table table({{"HOST"}, {"ADDRESS"}, {"LINK"}, {"SINCE"}, {"VIA"}, {"WAITING", true}});
    for (const Json& row : rows.items()) {
        std::string link = row["direction"].as_string();
        if (row["old"].as_bool()) link += link.empty() ? "old" : ", old";
        table.add({row["id"].as_string(), row["address"].as_string(), link, since(row["since_s"]),
                   row["via"].as_string(), waiting(row["waiting"], row["waiting_bytes"])});
        if (!row["proxy"].as_string().empty()) table.note("proxy: " + row["proxy"].as_string());
    }
    out.table(table);
}

void print_key(Output& out, const Json& key) { out.data(printable(key["key"].as_string()) + '\n'); }

void print_plugins(Output& out, const Json& rows) {
    Table table({{"APP"}, {"KIND"}, {"STATE"}, {"PID", true}, {"RESTARTS", true}, {"WAITING", true}});
    for (const Json& row : rows.items()) {
        table.add({row["app"].as_string(), row["kind"].as_string(), row["state"].as_string(),
                   row["pid"].as_int() == 0 ? "-" : number(row["pid"]), number(row["restarts"]),
                   waiting(row["queue"], row["queue_bytes"])});
        if (!row["last_error"].as_string().empty()) table.note("last error: " + row["last_error"].as_string());
    }
    out.table(table);
}

void print_queue(Output& out, const Json& rows) {
    Table mailboxes({{"APP"}, {"WAITING", true}, {"BYTES", true}, {"LIMIT", true}});
    Table hosts({{"TO"}, {"APP"}, {"FLAG"}, {"BYTES", true}, {"TRIES", true}});
    for (const Json& row : rows.items()) {
        if (row.find("to") != nullptr) {
            hosts.add({row["to"].as_string(), row["app"].as_string(), row["flag"].as_string(),
                       bytes_words(row["bytes"].as_int()), number(row["tries"])});
        } else {
            mailboxes.add({row["app"].as_string(), number(row["waiting"]), bytes_words(row["bytes"].as_int()),
                           bytes_words(row["limit_bytes"].as_int())});
        }
    }
    if (!mailboxes.empty()) out.table(mailboxes);
    if (!hosts.empty()) {
        out.data("\n");
        out.table(hosts);
    }
}

}  // namespace

Exit show_status(Session& session, Output& out, const Globals& globals) {
    return show(session, out, globals, "mswd", "status",
                [&](const Json& json) { print_status(session, out, globals, json); });
}

Exit show_peers(Session& session, Output& out, const Globals& globals) {
    return show(session, out, globals, "net", "peers", [&](const Json& json) { print_peers(out, json); });
}

Exit show_plugins(Session& session, Output& out, const Globals& globals) {
    return show(session, out, globals, "mswd", "plugins", [&](const Json& json) { print_plugins(out, json); });
}

Exit show_queue(Session& session, Output& out, const Globals& globals) {
    Told here = tell(session, out, globals, "mswd", "queue");
    if (here.exit != Exit::ok) return here.exit;
    Json rows = std::move(here.json);
    const msw::Result<msw::Datapack> net = session.ask(question_for(globals, "net", "queue"), globals.wait(kInfoWait));
    if (net) {
        const msw::Result<Json> list = Json::parse(net.value().body);
        if (list) {
            for (const Json& row : list.value().items()) rows.push(row);
        }
    } else if (net.error().code != msw::Code::no_such_app) {  // without net nothing waits for a host
        out.talk("mswctl: what waits for other hosts is unknown: `net:queue`: " + net.error().text);
        return both(Exit::failed, session.exit_for(net.error()));
    }
    if (globals.json) {
        pass_through(out, rows.dump());
    } else {
        print_queue(out, rows);
    }
    return Exit::ok;
}

namespace {

Exit attached(const Arguments& args, Output& out, Exit (*show_it)(Session&, Output&, const Globals&)) {
    std::optional<Session> session = attach_or_say(args.globals, out);
    return session ? show_it(*session, out, args.globals) : Exit::no_daemon;
}

Exit show_key(Session& session, Output& out, const Globals& globals) {
    return show(session, out, globals, "net", "key", [&](const Json& json) { print_key(out, json); });
}

}  // namespace

Exit run_key(const Arguments& args, Output& out) {
    const bool rotates = !args.words.empty() && args.words.front() == "rotate";
    return rotates ? rotate_keys(args, out) : attached(args, out, show_key);
}
Exit run_status(const Arguments& args, Output& out) { return attached(args, out, show_status); }
Exit run_peers(const Arguments& args, Output& out) {
    return args.watch ? watch_peers(args, out) : attached(args, out, show_peers);
}
Exit run_plugins(const Arguments& args, Output& out) { return attached(args, out, show_plugins); }

}  // namespace mswctl
