#include "mswctl/arguments.hpp"

#include "base/nearest.hpp"
#include "msw/client.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/text.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <iostream>
#include <memory>
#include <vector>

namespace mswctl {
namespace {

constexpr double kLongest = 7.0 * 86400;  // seconds; longer than any Datapack lives

constexpr std::string_view kBareFlag = "true";  // what CLI11 stores for a flag without a value

constexpr std::string_view kFooter =
    "TARGETS are `miku`, `a+b`, `@role`, `*` (all other hosts), `A&B&C` (by that way).\n"
    "Without a command: a prompt; or, if stdin is no terminal, a command a line from there.\n"
    "Exit codes: 0 all well, 1 some target failed, 2 usage, 3 mswd not reachable, 4 timeout or target\n"
    "unreachable, 5 refused. Failures of several kinds: 1.\n\n"
    "  mswctl status\n"
    "  mswctl call shell:hostname --to '*'\n"
    "  mswctl send 'update:compress;update_to:*'\n";

/// What CLI11 writes into before it is checked.
struct Raw {
    double timeout = 0;
    std::string wait;
    bool wait_back = false;
    std::string targets = "*";
};

std::string seconds_check(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool number = !text.empty() && *end == '\0' && std::isfinite(value);
    if (number && value > 0 && value <= kLongest) return {};
    return "\"" + text + "\" is not a number of seconds, above 0 and at most a week";
}

Milliseconds milliseconds_of(double seconds) {
    return std::chrono::ceil<Milliseconds>(std::chrono::duration<double>(seconds));
}

void add_globals(CLI::App& app, Arguments& args, Raw& raw) {
    app.add_option("--socket", args.globals.socket, "the control socket (or $MSW_SOCKET)")->type_name("PATH");
    app.add_flag("--json", args.globals.json, "answers as JSON");
    app.add_option("--host", args.globals.host, "ask the mswd of that host")->type_name("ID");
    app.add_option("--timeout", raw.timeout, "how long to wait for answers")
        ->type_name("SECONDS")
        ->check(CLI::Validator(seconds_check, ""));
    app.add_flag("--here", args.globals.here, "this host is meant where a command names none");
    app.set_version_flag("--version", "mswctl " MSW_VERSION)->description("print the version and exit");
}

void add_command(CLI::App& app, const Command& command, Arguments& args, Raw& raw) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    sub->footer(std::string(command.more) + "\nGlobal options: mswctl --help");
    sub->fallthrough();
    if ((command.takes & kSpec) != 0) {
        sub->add_option("SPEC", args.wish.spec, "app:body;key:value,…")->required()->type_name("");
        sub->add_option("-f,--field", args.wish.fields, "a field; may be given again")
            ->type_name("NAME=VALUE")
            ->type_size(1)
            ->allow_extra_args(false);
        sub->add_option("--to", args.wish.to, "the hosts it is for")->type_name("TARGETS");
        sub->add_flag("--here", args.globals.here, "this host is meant");
    }
    if ((command.takes & kWait) != 0) {
        sub->add_flag("--wait", raw.wait, "wait for answers; --wait=SECONDS says how long");
        sub->add_flag("--no-wait", args.no_wait, "don't wait for answers");
    }
    if ((command.takes & kWaitBack) != 0) sub->add_flag("--wait", raw.wait_back, "until mswd is back, at most 30 s");
    if ((command.takes & kTargets) != 0) {
        sub->add_option("TARGETS", raw.targets, "the hosts to update (default `*`)")->type_name("");
    }
    sub->callback([&args, name = command.name] { args.command = name; });
}

/// @return the first of `words` that is no command and what it may have been, or nothing
std::string unknown_command(const std::vector<std::string>& words) {
    std::vector<std::string_view> names;
    names.reserve(kCommands.size());
    for (const Command& c : kCommands) names.push_back(c.name);
    for (const std::string& word : words) {
        if (word.empty() || word.front() == '-') continue;
        const std::string_view near = msw::nearest(word, names);
        std::string text = "there is no command \"" + word + '"';
        if (!near.empty()) text += "; did you mean `" + std::string(near) + "`?";
        return text;
    }
    return {};
}

/// @return the first of `words` that is a long option nobody knows and what it may have been, or nothing
std::string unknown_option(const std::vector<std::string>& words, const CLI::App& app) {
    std::vector<std::string> names;
    std::vector<const CLI::App*> apps{&app};
    for (const CLI::App* sub : app.get_subcommands()) apps.push_back(sub);
    for (const CLI::App* a : apps) {
        for (const CLI::Option* option : a->get_options()) {
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        }
    }
    const std::vector<std::string_view> views(names.begin(), names.end());
    for (const std::string& word : words) {
        if (word.rfind("--", 0) != 0 || word.size() == 2) continue;
        const std::string_view near = msw::nearest(word, views);
        return "there is no option " + word +
               (near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?");
    }
    return {};
}

std::string words_of(const CLI::ParseError& error, const CLI::App& app, const Arguments& args) {
    std::string text = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return text;
    const std::vector<std::string> extra = app.remaining(true);
    if (args.command.empty() && app.get_subcommands().empty()) {
        if (std::string unknown = unknown_command(extra); !unknown.empty()) return unknown;
    }
    if (std::string unknown = unknown_option(extra, app); !unknown.empty()) return unknown;
    std::string list;
    for (const std::string& word : extra) list += (list.empty() ? "" : " ") + word;
    text = "not expected: " + list;
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    const Command* command = chosen.empty() ? nullptr : find_command(chosen.front()->get_name());
    if (command != nullptr && (command->takes & kSpec) != 0) {
        text += "; put the whole command in quotes, as in: mswctl " + std::string(command->name) +
                " 'shell:ls -l /srv' --to HOST";
    }
    return text;
}

/// @return what is wrong between arguments that are right by themselves, or nothing
std::string settle(Arguments& args, const Raw& raw) {
    if (raw.timeout > 0) args.globals.timeout = milliseconds_of(raw.timeout);
    if (args.globals.socket.empty()) args.globals.socket = msw::default_socket();
    if (!args.globals.host.empty() && !args.wish.to.empty()) return "--host and --to are given; one of them is enough";
    if (args.command == "update") {
        args.wish.spec = "update:compress";
        args.wish.fields = {"update_to=" + raw.targets};
    }
    args.wait_asked = raw.wait_back || !raw.wait.empty();
    if (!raw.wait.empty() && raw.wait != kBareFlag) {
        if (std::string wrong = seconds_check(raw.wait); !wrong.empty()) return "--wait: " + wrong;
        args.wait = milliseconds_of(std::strtod(raw.wait.c_str(), nullptr));
    }
    if (args.wait_asked && args.no_wait) return "--wait and --no-wait are given; which is meant?";
    return {};
}

}  // namespace

std::variant<Arguments, Exit> read_arguments(int argc, const char* const* argv) {
    Arguments args;
    Raw raw;
    CLI::App app("Talk to mswd, the daemon of a mesh of hosts that send each other Datapacks.", "mswctl");
    app.footer(std::string(kFooter));
    app.get_formatter()->column_width(26);
    add_globals(app, args, raw);
    app.require_subcommand(0, 1);
    for (const Command& command : kCommands) add_command(app, command, args, raw);

    std::string wrong;
    try {
        app.parse(argc, argv);
        wrong = settle(args, raw);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e) == 0 ? Exit::ok : Exit::failed;
        wrong = words_of(e, app, args);
    }
    if (wrong.empty()) return args;
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    std::cerr << "mswctl: " << printable(wrong) << "\n  `mswctl "
              << (chosen.empty() ? "" : chosen.front()->get_name() + " ") << "--help` shows how it is written\n";
    return Exit::usage;
}

}  // namespace mswctl
