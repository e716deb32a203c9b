// queue: what waits in mailboxes and for hosts, and what is durable and on disk.
#include "base/json.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/info.hpp"
#include "mswctl/reach.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"

#include <array>
#include <ctime>

namespace mswctl {
namespace {

using msw::Json;

constexpr std::string_view kHowWritten =
    "`mswctl queue` takes nothing, `ls`, `dead`, `show ROW|FLAG`, `retry ROW` or `rm ROW`";

/// @return the answer to a word of the app mswd as JSON; or nothing, after saying why, with `exit` set
std::optional<Json> ask(Session& session, Output& out, const Globals& globals, const std::string& words, Exit& exit) {
    const msw::Result<msw::Datapack> answer =
        ask_host(session, out, globals, "mswd", "queue " + words, globals.wait(kInfoWait));
    const msw::Result<Json> json = answer ? Json::parse(answer->body) : msw::Result<Json>(answer.error());
    if (json) return *json;
    out.talk("mswctl: " + (globals.host.empty() ? "" : globals.host + ": ") + json.error().text);
    exit = session.exit_for(json.error());
    return std::nullopt;
}

std::string time_words(const Json& seconds) {
    const auto at = static_cast<std::time_t>(seconds.as_int());
    std::tm local{};
    std::array<char, 32> text{};
    if (at == 0 || ::localtime_r(&at, &local) == nullptr) return "";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local)};
}

std::string state_of(const Json& row) {
    const std::string box = row["box"].as_string();
    if (box == "outbox") return row["state"].as_string();
    if (box == "dead") return row["maybe_delivered"].as_bool() ? "maybe delivered" : "never sent";
    const std::int64_t handed = row["handed"].as_int();
    return handed == 0 ? "waiting" : "handed on " + std::to_string(handed) + (handed == 1 ? " time" : " times");
}

void print_rows(Output& out, const std::vector<Json>& rows) {
    Table table({{"ROW", true}, {"BOX"}, {"HOST"}, {"APP"}, {"FLAG"}, {"BYTES", true}, {"STATE"}, {"UNTIL"}});
    for (const Json& row : rows) {
        table.add({std::to_string(row["row"].as_int()), row["box"].as_string(), row["host"].as_string(),
                   row["app"].as_string(), row["flag"].as_string(), bytes_words(row["bytes"].as_int()), state_of(row),
                   time_words(row["expires"])});
        if (!row["why"].as_string().empty()) table.note(row["why"].as_string());
    }
    out.table(table);
}

Exit list(Session& session, Output& out, const Globals& globals, const std::vector<std::string>& boxes) {
    std::vector<Json> rows;
    for (const std::string& box : boxes) {
        std::string after;
        for (bool more = true; more;) {
            Exit exit = Exit::ok;
            const std::optional<Json> page = ask(session, out, globals, "ls " + box + after, exit);
            if (!page) return exit;
            for (const Json& row : (*page)["rows"].items()) rows.push_back(row);
            more = (*page)["more"].as_bool() && !rows.empty();
            if (more) after = " after " + std::to_string(rows.back()["row"].as_int());
        }
    }
    if (globals.json) {
        Json all = Json::array();
        for (Json& row : rows) all.push(std::move(row));
        out.data(all.dump() + '\n');
    } else if (rows.empty()) {
        out.talk(boxes.front() == "dead" ? "no dead letters" : "nothing durable waits on this host");
    } else {
        print_rows(out, rows);
    }
    return Exit::ok;
}

void print_row(Output& out, const Json& row) {
    print_rows(out, {row});
    std::string text = "\n" + row["method"].as_string() + ' ' + row["app"].as_string() + '\n';
    for (const Json::Member& field : row["fields"].members()) {
        text += field.name + ": " + printable(field.value.as_string()) + '\n';
    }
    text += '\n' + (out.data_on_terminal() ? printable(row["body"].as_string()) : row["body"].as_string());
    if (text.back() != '\n') text += '\n';
    out.data(text);
}

Exit show(Session& session, Output& out, const Globals& globals, const std::string& what) {
    Exit exit = Exit::ok;
    const std::optional<Json> found = ask(session, out, globals, "show " + what, exit);
    if (!found) return exit;
    const std::vector<Json>& rows = (*found)["rows"].items();
    if (globals.json) {
        out.data(found->dump() + '\n');
    } else if (rows.size() == 1) {
        print_row(out, rows.front());
    } else {
        print_rows(out, rows);
    }
    return Exit::ok;
}

Exit change(Session& session, Output& out, const Globals& globals, const std::string& word, const std::string& row) {
    Exit exit = Exit::ok;
    const std::optional<Json> done = ask(session, out, globals, word + ' ' + row, exit);
    if (!done) return exit;
    if (globals.json) {
        out.data(done->dump() + '\n');
    } else {
        out.talk("row " + row + (word == "rm" ? " is removed" : " is tried again"));
    }
    return Exit::ok;
}

}  // namespace

Exit run_queue(const Arguments& args, Output& out) {
    const std::vector<std::string>& words = args.words;
    const std::string verb = words.empty() ? std::string() : words.front();
    const std::size_t takes = verb == "show" || verb == "retry" || verb == "rm" ? 2 : verb.empty() ? 0 : 1;
    const bool known = takes == 2 || verb.empty() || verb == "ls" || verb == "dead";
    if (!known || words.size() != takes) {
        out.talk("mswctl: " + std::string(kHowWritten));
        return Exit::usage;
    }
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    if (verb.empty()) return show_queue(*session, out, args.globals);
    if (verb == "ls") return list(*session, out, args.globals, {"outbox", "inbox"});
    if (verb == "dead") return list(*session, out, args.globals, {"dead"});
    if (verb == "show") return show(*session, out, args.globals, words[1]);
    return change(*session, out, args.globals, verb, words[1]);
}

}  // namespace mswctl
