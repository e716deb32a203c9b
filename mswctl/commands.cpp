#include "mswctl/commands.hpp"

#include <algorithm>

namespace mswctl {

const std::array<Command, 20> kCommands{{
    {"call", "ask an app and print its answer",
     "Asks the app of one host, or of many: then `HOST: ` stands before each line. Ends when each host has answered, "
     "or "
     "after --timeout. Without --timeout it waits 30 s; for `shell` 65 s, or 5 s more than the field `timeout` says; "
     "for "
     "`update` 180 s. A host that isn't in reach is named after 1 s, and waited for all the same. Without --to this "
     "host "
     "is asked.\n"
     "\n"
     "With --when-up the question is kept on disk until its host has it, 7 days at most. Who has not answered by the "
     "end "
     "counts as queued: `mswctl queue show FLAG` has the answer once it came.",
     "mswctl call shell:uptime --to rin\n"
     "mswctl call 'shell:apt-get -y upgrade' --to '*' --when-up\n"
     "mswctl call shell:hostname --to '*'\n"
     "mswctl call 'shell:df -h /' --to miku+rin\n"
     "mswctl call net:status\n",
     kSpec | kWhenUp, run_call},
    {"exit", "end mswd; it stays down until somebody starts it",
     "Returns when it is gone. Use `restart` for one that is to come back.",
     "mswctl exit\n"
     "mswctl exit --host rin\n",
     kNothing, run_exit},
    {"grant", "give a host roles, or take some from it",
     "A role is a name for several hosts: `@ROLE` in TARGETS means them, and the policy of a host may allow something "
     "to "
     "them. Hosts of the role `control` may do everything, for people: give it to those from which the others are "
     "looked after. Needs an admin's key.",
     "sudo mswctl grant rin control\n"
     "sudo mswctl grant rin render --remove control\n",
     kGrant | kAdmin, run_grant},
    {"invite", "let another host join the mesh: print a token for it",
     "A host that is in no mesh founds one by that: the admin's key is made, /etc/mswd/admin.key, and a recovery key "
     "beside it, which belongs somewhere else: it wins if the admin's is lost or stolen.\n"
     "\n"
     "Whoever has the token can join with it, so it is for nobody's eyes but those of who sets up the other host. It "
     "can "
     "be used once, or as --uses says, and is void after --ttl. The other host dials this one, which admits it.",
     "sudo mswctl invite\n"
     "sudo mswctl invite --id rin --role render --ttl 15m\n"
     "sudo mswctl invite --uses 10\n"
     "sudo mswctl invite --id rin --replace\n",
     kInvite | kAdmin, run_invite},
    {"join", "join the mesh that a token is of",
     "The token is read from stdin, as arguments can be seen by others; `mswctl invite` on a host of the mesh prints "
     "one. "
     "mswd dials that host, shows its own keys, and starts anew as a member. With --wait it tries again while that "
     "host "
     "can't be reached, for 10 min or so many seconds.",
     "sudo mswctl join -\n"
     "sudo mswctl join - --id rin\n"
     "sudo mswctl join - --leave\n",
     kJoin, run_join},
    {"key", "show what stands for a host's keys, for people to compare",
     "A host makes its keys at its first start and keeps them in its state directory. What is shown are 56 letters and "
     "digits made of both of them; two hosts that show the same have the same keys. Every second group ends with a "
     "check digit, so that one that was misheard doesn't pass for another host's.\n"
     "\n"
     "`rotate` gives a host new keys, which needs an admin's key: do so when somebody may have read the old ones.",
     "mswctl key\n"
     "mswctl key show --host rin\n"
     "sudo mswctl key rotate\n",
     kKeyWord | kAdmin, run_key},
    {"leave", "leave the mesh: this host is alone then",
     "It forgets the roster, and no host of the mesh talks with it any more once an admin has called `mswctl revoke` "
     "there; until then it is one that is off.",
     "sudo mswctl leave\n", kNothing, run_leave},
    {"peers", "list the hosts in reach",
     "LINK says who dialled: `out` this host, `in` the other. VIA names the host that relays, where there is no link "
     "of "
     "one's own. WAITING counts what has not been sent yet.\n"
     "\n"
     "With --watch all hosts that are known are shown, `up`, `busy` (only their kernel answers) or `down`, with their "
     "route and the round trip of neighbours; then a line for each change until Ctrl-C, or for --timeout. With --json "
     "each is an object on a line of its own.",
     "mswctl peers\n"
     "mswctl peers --host rin\n"
     "mswctl peers --json\n"
     "mswctl peers --watch\n"
     "mswctl peers --watch --timeout 2 --json\n",
     kWatch, run_peers},
    {"plugins", "list the plugins and attached programs of a host",
     "WAITING counts what a plugin has not taken yet. The last error of a plugin stands below its row.",
     "mswctl plugins\n"
     "mswctl plugins --host rin\n",
     kNothing, run_plugins},
    {"queue", "show what waits here, for plugins and for other hosts; list, show, retry or remove what is durable",
     "Without a word: what waits in memory. With --json one array: rows with `app` and `waiting` are plugins, rows "
     "with "
     "`to` wait for a host.\n"
     "\n"
     "`ls` lists what is durable and on disk: in the outbox for other hosts, in the inbox for plugins here. `dead` "
     "lists what was given up, and why. `show` prints a row, or all that belongs to a flag, as an answer that nobody "
     "was "
     "there to take. `retry` gives a dead letter another try, `rm` removes a row for good.",
     "mswctl queue\n"
     "mswctl queue ls\n"
     "mswctl queue show 17\n"
     "mswctl queue show 9f86d081884c7d65\n"
     "mswctl queue dead --host rin\n"
     "mswctl queue retry 23\n",
     kWords, run_queue},
    {"reload", "read the configuration again, and look for new plugins",
     "If something is wrong with the configuration it is said, and the old one stays. mswd.json(5) tells which "
     "settings "
     "count only after a restart.",
     "mswctl reload\n"
     "mswctl reload --host rin\n",
     kNothing, run_reload},
    {"rename", "give a host another id",
     "It is the same host to the others, whatever its id: what waits for it stays. Needs an admin's key, and that host "
     "in "
     "reach.",
     "sudo mswctl rename rin rin-old\n", kRename | kAdmin, run_rename},
    {"restart", "end mswd, to be started again",
     "It comes back only where something starts it again: systemd, or mswd-launcher.",
     "mswctl restart --wait\n"
     "mswctl restart --host rin\n",
     kWaitBack, run_restart},
    {"revoke", "end a host's membership for good",
     "Hosts in reach cut their links with it within seconds; those that are cut off do when they are back. Its id "
     "stays "
     "reserved until `mswctl invite --id ID --replace` gives it to another one. Hosts that joined by way of it stay, "
     "unless --drop-admitted ends them, too. Needs an admin's key.",
     "sudo mswctl revoke rin\n"
     "sudo mswctl revoke rin --drop-admitted\n",
     kRevoke | kAdmin, run_revoke},
    {"roster", "list who belongs to the mesh",
     "KEY is what `mswctl key` shows on that host. With --json all that is known: admins, versions, what is reserved.",
     "mswctl roster\n"
     "mswctl roster --json\n",
     kNothing, run_roster},
    {"send", "send a message, a command or a file",
     "Returns as soon as mswd has taken a message. A command for `shell` or `update` is waited for, and its answers "
     "are "
     "printed as `call` does. A file is waited for until it has arrived, 30 s and 1 s more for each MiB; its name over "
     "there is its path below the working folder, else the last part of its path. --wait and --no-wait say it "
     "otherwise.\n"
     "\n"
     "Your shell takes an unquoted `;` for the end of the command: quote SPEC, or give the fields with -f and --to.",
     "mswctl send shell:uptime --to rin\n"
     "mswctl send 'log:back at noon;to:rin'\n"
     "mswctl send 'log:back at noon' -f to=miku+rin\n"
     "mswctl send '(file)log:notes.txt' --to rin\n"
     "mswctl send update:compress -f update_to='*'\n",
     kSpec | kWait, run_send},
    {"status", "show how mswd is: version, folders, peers, counters", "",
     "mswctl status\n"
     "mswctl status --host rin\n"
     "mswctl status --json\n",
     kNothing, run_status},
    {"tail", "follow the journal of mswd until Ctrl-C",
     "Prints each line from now on; with --timeout it ends by itself. It is this host's journal: for another one, run "
     "it "
     "there.",
     "mswctl tail\n"
     "mswctl tail --timeout 60\n",
     kNothing, run_tail},
    {"trace", "show which way a Datapack would take, or where one is and why it waits",
     "With SPEC, or --to alone, nothing of it is sent: each host on the way is asked which one is next, and the round "
     "trip from this host to it and back is shown; at the end, whether the app is there and takes something. Where the "
     "way ends is said, and why. A host has 5 s for its answer, or --timeout. Ends with 0 if all targets are reached, "
     "4 "
     "if one is not, 1 if its app takes nothing.\n"
     "\n"
     "With the flag of a Datapack (`mswctl send -f flag=FLAG`, or the journal): where it is, here and on the hosts it "
     "went to, and what it waits for. Ends with 1 if nothing is known of it.",
     "mswctl trace shell:hostname --to rin\n"
     "mswctl trace 'shell:hostname;to:rin'\n"
     "mswctl trace --to '*' --json\n"
     "mswctl trace 9f86d081884c7d65\n",
     kWay, run_trace},
    {"update", "bring this host's program and plugins to other hosts",
     "The same as `mswctl send update:compress -f update_to=TARGETS`. Prints a line for each host when it runs the new "
     "release, or is back at what it ran before. A host that says nothing for 120 s (`update.timeout_s` of the "
     "configuration) counts as not reached. Ends with 0 if all of them run it.",
     "mswctl update\n"
     "mswctl update rin\n",
     kTargets, run_update},
}};

const Command* find_command(std::string_view name) noexcept {
    const auto* at = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.name == name; });
    return at == kCommands.end() ? nullptr : at;
}

}  // namespace mswctl
