// peers --watch: how the hosts are, and a line for each change.
#include "base/json.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/follow.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"

#include <array>
#include <ctime>
#include <optional>

namespace mswctl {
namespace {

using msw::Json;

constexpr Milliseconds kSilentFor{60'000};   // `net` says something every 20 s
constexpr std::time_t kLongest = 7 * 86400;  // seconds that another host is asked to watch

std::string clock_words(std::time_t at) {
    std::tm local{};
    std::array<char, 32> text{};
    if (::localtime_r(&at, &local) == nullptr) return "";
    return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &local)};
}

std::string route_words(const Json& row) {
    if (row["state"].as_string() == "down") return "";
    return row["via"].as_string().empty() ? "direct" : "via " + row["via"].as_string();
}

std::string round_trip_words(const Json& row) {
    const Json& time = row["round_trip_ms"];
    if (time.is(Json::Kind::null) || row["state"].as_string() != "up") return "";
    return time.as_int() == 0 ? "below 1 ms" : std::to_string(time.as_int()) + " ms";
}

std::string state_words(const Json& row) { return row["state"].as_string() + (row["old"].as_bool() ? ", old" : ""); }

void print_table(Output& out, const Json& rows) {
    if (rows.items().empty()) {
        out.talk("no other host is known yet; each one that comes is named here");
        return;
    }
    Table table({{"HOST"}, {"STATE"}, {"SINCE"}, {"ROUTE"}, {"ROUND TRIP", true}});
    for (const Json& row : rows.items()) {
        table.add({row["id"].as_string(), state_words(row), duration_words(row["since_s"].as_int()), route_words(row),
                   round_trip_words(row)});
    }
    out.table(table);
}

/// @param at  when it became so
void print_line(Output& out, const Json& row, std::time_t at) {
    std::string text = clock_words(at) + ' ' + out.coloured_host(printable(row["id"].as_string())) + ": " +
                       printable(state_words(row));
    for (const std::string& words : {route_words(row), round_trip_words(row)}) {
        if (!words.empty()) text += ", " + printable(words);
    }
    out.data(text + '\n');
}

void print(Output& out, const Globals& globals, const msw::Datapack& part) {
    const msw::Result<Json> rows = Json::parse(part.body);
    if (!rows || !rows->is(Json::Kind::array)) {
        out.talk("mswctl: `net:watch` gave no list of hosts");
        return;
    }
    const bool first = part.get("part") == "0";
    if (first && !globals.json && out.data_on_terminal()) {
        print_table(out, *rows);
        return;
    }
    const std::time_t now = std::time(nullptr);
    for (const Json& row : rows->items()) {
        if (globals.json) {
            out.data(row.dump() + '\n');
        } else {
            print_line(out, row, first ? now - row["since_s"].as_int() : now);
        }
    }
}

}  // namespace

Exit watch_peers(const Arguments& args, Output& out) {
    const msw::Fd signals = end_signals();
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    msw::Datapack question = question_for(args.globals, "net", "watch");
    if (!args.globals.host.empty()) question.set("expires", std::to_string(std::time(nullptr) + kLongest));
    const std::string host = args.globals.host.empty() ? session->host() : args.globals.host;
    return follow(*session, out, args.globals, std::move(question), signals, host, kSilentFor,
                  [&](const msw::Datapack& part) { print(out, args.globals, part); });
}

}  // namespace mswctl
