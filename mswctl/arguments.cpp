#include "mswctl/arguments.hpp"

#include "base/help_json.hpp"
#include "base/nearest.hpp"
#include "msw/client.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/shortcuts.hpp"
#include "mswctl/text.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <memory>
#include <vector>

namespace mswctl {
namespace {

constexpr double kLongest = 7.0 * 86400;  // seconds; longer than any Datapack lives

constexpr std::string_view kBareFlag = "true";  // what CLI11 stores for a flag without a value

constexpr std::string_view kSummary = "Talk to mswd, the daemon of a mesh of hosts that send each other Datapacks.";

constexpr std::string_view kPromptWords =
    "Without a command it is a prompt, where `help` shows what can be written; if stdin is no terminal, each line of "
    "it "
    "is a command of that prompt.";

/// A word of the command line, and what it may be.
struct Explained {
    std::string_view what;
    std::string_view meaning;
};

constexpr std::array<Explained, 3> kSpecs{{
    {"app:body;key:value,key2:value2", "a message for the app, with fields"},
    {"(file)app:path;key:value", "a file for the app"},
    {R"(\: \; \, \\)", "these characters as they are"},
}};

constexpr std::array<Explained, 5> kTargetForms{{
    {"miku", "that host"},
    {"miku+rin", "each of these"},
    {"'*'", "all other hosts; in quotes, as your shell has a meaning for it, too"},
    {"@role", "all hosts of that role"},
    {"'rin&luka'", "luka, by way of rin"},
}};

constexpr std::array<Explained, 6> kExitCodes{{
    {"0", "all well"},
    {"1", "some target failed; or failures of several kinds"},
    {"2", "the command line is wrong"},
    {"3", "mswd is not reachable"},
    {"4", "no answer in time, or a host is not reachable"},
    {"5", "refused"},
}};

constexpr std::string_view kExamples =
    "mswctl status\n"
    "mswctl peers\n"
    "mswctl call shell:uptime --to rin\n"
    "mswctl call shell:hostname --to '*'\n"
    "mswctl send '(file)log:notes.txt' --to rin\n";

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

/// @return `text` in lines of at most `width` columns, each paragraph (a line of `text`) by itself
std::string wrapped(std::string_view text, std::size_t width = 100) {
    std::string out;
    while (!text.empty()) {
        std::string_view paragraph = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(paragraph.size() + 1, text.size()));
        while (paragraph.size() > width) {
            const std::size_t cut = paragraph.substr(0, width + 1).rfind(' ');
            if (cut == std::string_view::npos) break;
            out.append(paragraph.substr(0, cut)) += '\n';
            paragraph.remove_prefix(cut + 1);
        }
        out.append(paragraph) += '\n';
    }
    return out;
}

std::string indented(std::string_view lines) {
    std::string out;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        out.append("  ").append(line) += '\n';
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
    return out;
}

template <std::size_t N>
std::string listed(std::string_view title, const std::array<Explained, N>& list) {
    std::string out = std::string(title) + ":\n";
    std::size_t width = 0;
    for (const Explained& e : list) width = std::max(width, e.what.size());
    for (const Explained& e : list) {
        out.append("  ").append(e.what).append(width + 2 - e.what.size(), ' ').append(e.meaning) += '\n';
    }
    return out + '\n';
}

std::string footer_of(const Command& command) {
    std::string text = wrapped(command.more);
    if (!text.empty()) text += '\n';
    text += "Examples:\n" + indented(command.examples);
    return text + "\nOptions of all commands, what TARGETS and SPEC may be, exit codes: mswctl --help";
}

std::string footer() {
    return wrapped(kPromptWords) + '\n' + listed("SPEC", kSpecs) + listed("TARGETS", kTargetForms) +
           listed("Exit codes", kExitCodes) + "Examples:\n" + indented(kExamples);
}

void add_globals(CLI::App& app, Arguments& args, Raw& raw) {
    app.add_option("--socket", args.globals.socket,
                   "the control socket of another mswd than the service; or set $MSW_SOCKET")
        ->type_name("PATH");
    app.add_flag("--json", args.globals.json, "print answers as JSON, to be read by programs");
    app.add_option("--host", args.globals.host, "ask the mswd of that host, not of this one")->type_name("ID");
    app.add_option("--timeout", raw.timeout, "how long to wait for answers; each command says its own time")
        ->type_name("SECONDS")
        ->check(CLI::Validator(seconds_check, ""));
    app.add_flag("--here", args.globals.here, "this host is meant, where a command for shell or update names none");
    app.set_version_flag("--version", "mswctl " MSW_VERSION)->description("print the version and exit");
}

void add_fields(CLI::App& sub, Arguments& args) {
    sub.add_option("-f,--field", args.wish.fields, "a field, like `;NAME:VALUE` in SPEC; may be given again")
        ->type_name("NAME=VALUE")
        ->type_size(1)
        ->allow_extra_args(false);
    sub.add_option("--to", args.wish.to, "the hosts it is for; the same as -f to=TARGETS")->type_name("TARGETS");
}

constexpr std::string_view kAdminKey = "/etc/mswd/admin.key";

void add_membership(CLI::App& sub, const Command& command, Arguments& args, Raw& raw) {
    AdminWish& wish = args.admin;
    if ((command.takes & kAdmin) != 0) {
        sub.add_option("--admin-key", wish.admin_key,
                       "the file with the admin's key; $MSW_ADMIN_KEY, or " + std::string(kAdminKey) + ", if not given")
            ->type_name("FILE");
        sub.add_option("--passphrase-file", wish.passphrase_file, "the file with the key's passphrase, if it has one")
            ->type_name("FILE");
    }
    if ((command.takes & kInvite) != 0) {
        sub.add_option("--id", wish.id, "the host id that must be taken; any if not given")->type_name("ID");
        sub.add_option("--role", wish.roles, "a role that the host gets; may be given again")
            ->type_name("ROLE")
            ->type_size(1)
            ->allow_extra_args(false);
        sub.add_option("--ttl", wish.ttl, "how long it can be used: 90s, 15m, 1h, 7d; 1h if not given")
            ->type_name("TIME");
        sub.add_option("--uses", wish.uses, "how many hosts may join with it; 1 if not given")
            ->type_name("N")
            ->check(CLI::Range(1, 10000).description(""));
        sub.add_flag("--replace", wish.replace, "the id was that of a host that has ended");
        sub.add_option("--recovery-key", wish.recovery_key,
                       "where the recovery key is written; beside the admin's if not given")
            ->type_name("FILE");
        sub.add_flag("--passphrase", wish.passphrase,
                     "give the keys that are made a passphrase, asked on the terminal");
    }
    if ((command.takes & kJoin) != 0) {
        sub.add_option("TOKEN", args.words, "the token; - or nothing: it is read from stdin")
            ->type_name("")
            ->expected(0, 1);
        sub.add_option("--id", wish.id, "the host id to take; this host's if not given")->type_name("ID");
        sub.add_flag("--leave", wish.leave, "leave the mesh that this host is in");
        sub.add_flag("--wait", raw.wait,
                     "try again while the other host can't be reached; --wait=SECONDS says how long");
    }
    if ((command.takes & kGrant) != 0) {
        sub.add_option("WORDS", args.words, "the host, and the roles that it gets")->type_name("");
        sub.add_option("--remove", wish.remove, "a role that it loses; may be given again")
            ->type_name("ROLE")
            ->type_size(1)
            ->allow_extra_args(false);
    }
    if ((command.takes & kRevoke) != 0) {
        sub.add_option("HOST", args.words, "the host")->type_name("")->expected(1);
        sub.add_flag("--drop-admitted", wish.drop_admitted, "end those, too, that joined by way of it");
    }
    if ((command.takes & kRename) != 0) sub.add_option("WORDS", args.words, "the host, and its new id")->type_name("");
}

void add_command(CLI::App& app, const Command& command, Arguments& args, Raw& raw) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    sub->footer(footer_of(command));
    sub->fallthrough();
    if ((command.takes & kSpec) != 0) {
        sub->add_option("SPEC", args.wish.spec, "what to send to which app; `mswctl --help` shows how it is written")
            ->required()
            ->type_name("");
        add_fields(*sub, args);
        sub->add_flag("--here", args.globals.here, "this host is meant, though --to is not given");
    }
    if ((command.takes & kWait) != 0) {
        sub->add_flag("--wait", raw.wait,
                      "wait for answers, also of apps that needn't answer; --wait=SECONDS says how long");
        sub->add_flag("--no-wait", args.no_wait, "return as soon as mswd has taken it");
    }
    if ((command.takes & kWhenUp) != 0) {
        sub->add_flag("--when-up", args.when_up,
                      "keep it on disk for hosts that are off, 7 days at most, and answers for who asked");
    }
    if ((command.takes & kWords) != 0) {
        sub->add_option("WORDS", args.words, "ls, dead, show ROW|FLAG, retry ROW or rm ROW; nothing: a summary")
            ->type_name("");
    }
    if ((command.takes & kKeyWord) != 0) {
        sub->add_option("WORD", args.words, "show, or rotate; show without it")
            ->type_name("")
            ->expected(0, 1)
            ->check(CLI::IsMember(std::vector<std::string>{"show", "rotate"}));
    }
    add_membership(*sub, command, args, raw);
    if ((command.takes & kWay) != 0) {
        sub->add_option("WHAT", args.wish.spec,
                        "SPEC, or the flag of a Datapack that is under way; may be left out with --to")
            ->type_name("");
        add_fields(*sub, args);
    }
    if ((command.takes & kWatch) != 0) {
        sub->add_flag("--watch", args.watch, "follow how hosts come, go and change, until Ctrl-C");
    }
    if ((command.takes & kWaitBack) != 0)
        sub->add_flag("--wait", raw.wait_back, "return when mswd is back; 30 s at most");
    if ((command.takes & kTargets) != 0) {
        sub->add_option("TARGETS", raw.targets, "the hosts to update; all other hosts if not given")->type_name("");
    }
    sub->callback([&args, name = command.name] { args.command = name; });
}

template <std::size_t N>
msw::Json pairs_as_json(const std::array<Explained, N>& list) {
    msw::Json all = msw::Json::array();
    for (const Explained& e : list) all.push(msw::Json(msw::Json::Array{e.what, e.meaning}));
    return all;
}

/// All that --help says here, and at each command.
msw::Json help_json(const CLI::App& app) {
    msw::Json commands = msw::Json::array();
    for (const Command& command : kCommands) {
        commands.push(
            msw::Json::object({{"name", command.name},
                               {"summary", command.summary},
                               {"more", command.more},
                               {"examples", command.examples},
                               {"options", msw::options_as_json(*app.get_subcommand(std::string(command.name)))}}));
    }
    return msw::Json::object({{"name", "mswctl"},
                              {"version", MSW_VERSION},
                              {"summary", kSummary},
                              {"prompt", kPromptWords},
                              {"prompt_help", kPromptHelp},
                              {"specs", pairs_as_json(kSpecs)},
                              {"targets", pairs_as_json(kTargetForms)},
                              {"exit_codes", pairs_as_json(kExitCodes)},
                              {"examples", kExamples},
                              {"options", msw::options_as_json(app)},
                              {"commands", std::move(commands)}});
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
    if (args.admin.admin_key.empty()) {
        const char* given = std::getenv("MSW_ADMIN_KEY");
        args.admin.admin_key = given == nullptr || *given == '\0' ? kAdminKey : std::string_view(given);
    }
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
    CLI::App app(std::string(kSummary), "mswctl");
    app.set_help_flag("-h,--help", "print this help and exit");
    app.footer(footer());
    app.get_formatter()->column_width(26);
    add_globals(app, args, raw);
    app.require_subcommand(0, 1);
    for (const Command& command : kCommands) add_command(app, command, args, raw);

    if (argc == 2 && std::string_view(argv[1]) == "--help-json") {
        std::cout << help_json(app).dump(1) << '\n';
        return Exit::ok;
    }
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
