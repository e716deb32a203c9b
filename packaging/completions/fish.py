"""The completion for fish."""

from typing import List

from model import Option, Program

LIVE = r'''
# __mswctl_live COMMAND FIELD: what a field holds in the rows that `mswctl COMMAND` gives
function __mswctl_live
    set -l asked
    set -l words (commandline -opc)
    if set -l at (contains -i -- --socket $words); and test (count $words) -gt $at
        set asked --socket $words[(math $at + 1)]
    end
    for word in $words
        string match -q -- '--socket=*' $word; and set asked $word
    end
    mswctl $asked --json --timeout 1 $argv[1] 2>/dev/null | string match -ra '"'$argv[2]'": ?"[^@"][^"]*"' | string split -f4 '"'
end
function __mswctl_targets
    set -l before (string match -r -- '.*[+&]' (commandline -ct))
    __mswctl_live peers id | string replace -r '^' -- "$before"
    test -z "$before"; and printf '*\tall other hosts\n'
end
function __mswctl_spec
    set -l word (commandline -ct | string unescape)
    if string match -q -- '(file)*:*' "$word"
        set -l before (string replace -r -- ':.*' ':' "$word")
        __fish_complete_path (string replace -r -- '^[^:]*:' '' "$word") | string replace -r '^' -- "$before"
    else if not string match -q -- '*:*' "$word"
        __mswctl_live plugins app | string replace -r '$' ':'
        __mswctl_live plugins app | string replace -r '^(.*)$' '(file)$1:'
    end
end
'''

ARGUMENTS = {"file": ["-r", "-F"], "dir": ["-x", "-a", "'(__fish_complete_directories)'"],
             "host": ["-x", "-a", "'(__mswctl_live peers id)'"], "targets": ["-x", "-a", "'(__mswctl_targets)'"],
             "spec": ["-x", "-a", "'(__mswctl_spec)'"], "nothing": ["-x"], "": []}


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def line(name: str, option: Option, condition: List[str]) -> str:
    words = ["complete", "-c", name, *condition]
    for option_name in option.names:
        words += ["-l", option_name[2:]] if option_name.startswith("--") else ["-s", option_name[1:]]
    return " ".join(words + ARGUMENTS[option.kind] + ["-d", quoted(option.text)]) + "\n"


def completion(program: Program) -> str:
    text = program.head() + (LIVE if program.commands else "")
    text += f"\ncomplete -c {program.name} -f\n"
    for option in program.options:
        text += line(program.name, option, [])
    for command in program.commands:
        condition = ["-n", quoted(f"__fish_seen_subcommand_from {command.name}")]
        text += (f"\ncomplete -c {program.name} -n __fish_use_subcommand -a {command.name} "
                 f"-d {quoted(command.summary)}\n")
        for option in command.options + command.positionals:
            if "--help" not in option.names:
                text += line(program.name, option, condition)
    return text
