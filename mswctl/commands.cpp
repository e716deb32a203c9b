#include "mswctl/commands.hpp"

#include <algorithm>

namespace mswctl {

const std::array<Command, 11> kCommands{{
    {"call", "ask an app on one or many hosts, and print each answer",
     "Prints the bare answer of one named host; with several, or with `*` or `@role`, each line stands behind\n"
     "`HOST: `. Ends when each host has answered, or after --timeout (65 s for `shell`, or what its\n"
     "field `timeout` says and 5 s more; 180 s for `update`; else 30 s). Without --to, this host is asked.\n\n"
     "  mswctl call shell:uptime --to miku\n"
     "  mswctl call shell:hostname --to '*'\n"
     "  mswctl call net:status --json\n",
     kSpec, run_call},
    {"exit", "end mswd, to stay down until it is started again",
     "Waits until it is gone.\n\n  mswctl exit\n  mswctl exit --host miku\n", kNothing, run_exit},
    {"peers", "the hosts that can be reached", "  mswctl peers\n  mswctl peers --host miku --json\n", kNothing,
     run_peers},
    {"plugins", "the plugins and attached programs of a host", "  mswctl plugins\n", kNothing, run_plugins},
    {"queue", "what waits for plugins here and for other hosts",
     "With --json one array: rows with `app` and `waiting` are plugins, rows with `to` wait for a host.\n\n"
     "  mswctl queue\n",
     kNothing, run_queue},
    {"reload", "read the config again, and say what is wrong with it",
     "If something is wrong, the old config stays.\n\n  mswctl reload\n", kNothing, run_reload},
    {"restart", "end mswd, to be started again", "  mswctl restart --wait\n  mswctl restart --host miku\n", kWaitBack,
     run_restart},
    {"send", "send a Datapack, written as app:body;key:value or (file)app:path;key:value",
     "A backslash takes `:` `;` `,` and `\\` as they are. Your shell eats an unquoted `;`: quote the command, or give\n"
     "fields with -f. Commands for `shell` and `update` wait for their answers and print them as `call`\n"
     "does (65 s; 180 s for `update`); all others return as soon as mswd has taken them. --wait and --no-wait say\n"
     "it otherwise.\n"
     "A file is named for its receiver by its path below the working folder, else by its last part; -f to=HOST and\n"
     "--to HOST are the same.\n\n"
     "  mswctl send shell:uptime --to miku\n"
     "  mswctl send 'update:compress;update_to:*'\n"
     "  mswctl send update:compress -f update_to='*'\n"
     "  mswctl send '(file)log:notes.txt' --to miku+rin\n",
     kSpec | kWait, run_send},
    {"status", "how mswd is", "  mswctl status\n  mswctl status --host miku --json\n", kNothing, run_status},
    {"tail", "the journal of mswd from now on, line by line, until Ctrl-C",
     "With --timeout SECONDS it ends by itself.\n\n  mswctl tail\n  mswctl tail --host miku\n", kNothing, run_tail},
    {"update", "bring this host's program and plugin files to others",
     "The same as `mswctl send update:compress -f update_to=TARGETS`; TARGETS is `*`, all other hosts, if not "
     "given. Prints a line for each host when it runs the new release, or is back at what it ran before; a host that\n"
     "says nothing for 120 s (`update.timeout_s` of the config) counts as not reached. Ends with 0 if all of them run\n"
     "it.\n\n"
     "  mswctl update\n  mswctl update miku+rin\n",
     kTargets, run_update},
}};

const Command* find_command(std::string_view name) noexcept {
    const auto* at = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.name == name; });
    return at == kCommands.end() ? nullptr : at;
}

}  // namespace mswctl
