"""The completion for zsh."""

from typing import Iterator, List

from model import Option, Program

ACTIONS = {"file": "_files", "dir": "_files -/", "host": "_mswctl_hosts", "targets": "_mswctl_targets",
           "spec": "_mswctl_spec", "nothing": " "}

LIVE = r'''
# _mswctl_live COMMAND FIELD: what a field holds in the rows that `mswctl COMMAND` gives, in $reply
_mswctl_live() {
  local -a asked
  [[ -n ${opt_args[--socket]} ]] && asked=(--socket ${(Q)opt_args[--socket]})
  reply=(${(f)"$(_call_program $1 mswctl $asked --json --timeout 1 $1 2>/dev/null |
    grep -oE "\"$2\": ?\"[^@\"][^\"]*\"" | cut -d'"' -f4)"})
}
_mswctl_hosts() {
  local -a reply
  _mswctl_live peers id
  compadd -a reply
}
_mswctl_targets() {
  local -a reply
  _mswctl_live peers id
  compset -P '*[+&]'
  compadd -S '' -- $reply '*'
}
_mswctl_spec() {
  local -a reply
  if compset -P '(\(|\\\()file(\)|\\\))[^:]#:'; then
    _files
    return
  fi
  compset -P '*:' && return
  _mswctl_live plugins app
  compset -P '(\(|\\\()file(\)|\\\))' || compadd -S '' -- '(file)'
  compadd -S ':' -- $reply
}
'''


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def described(text: str) -> str:
    for character in "\\[]:":
        text = text.replace(character, "\\" + character)
    return text


def specs(options: List[Option]) -> Iterator[str]:
    """Arguments of _arguments."""
    for option in options:
        again = "*" if "NAME=VALUE" in option.value else f"({' '.join(option.names)})"
        for name in option.names:
            value = ""
            if option.value:
                value = f":{described(option.value)}:{ACTIONS[option.kind]}"
            equals = "=" if option.value and name.startswith("--") else "+" if option.value else ""
            yield quoted(f"{again}{name}{equals}[{described(option.text)}]{value}")


def completion(program: Program) -> str:
    name = program.name
    text = f"#compdef {name}\n{program.head()}"
    text += LIVE if program.commands else ""
    text += f"\n_{name}() {{\n  local curcontext=$curcontext state line ret=1\n  typeset -A opt_args\n  local -a everywhere\n"
    text += "  everywhere=(\n" + "".join(f"    {spec}\n" for spec in specs(program.options)) + "  )\n"
    if not program.commands:
        return text + f"  _arguments $everywhere\n}}\n\n_{name} \"$@\"\n"
    text += "  _arguments -C $everywhere '1: :->command' '*:: :->words' && ret=0\n  case $state in\n  command)\n"
    text += "    local -a commands\n    commands=(\n"
    for command in program.commands:
        text += f"      {quoted(command.name + ':' + described(command.summary))}\n"
    text += "    )\n    _describe -t commands command commands && ret=0\n    ;;\n  words)\n    case $words[1] in\n"
    for command in program.commands:
        own = [option for option in command.options if "--help" not in option.names]
        skip = {n for option in own for n in option.names}
        text += f"    {command.name})\n      _arguments \\\n"
        text += "".join(f"        {spec} \\\n" for spec in specs(own))
        for place, positional in enumerate(command.positionals, 1):
            text += f"        {quoted(f'{place}:{described(positional.value)}:{ACTIONS[positional.kind]}')} \\\n"
        kept = "$everywhere" if not skip else "${everywhere:#" + "|".join(f"*{n}\\[*" for n in sorted(skip)) + "}"
        text += f"        {kept} && ret=0\n      ;;\n"
    return text + f"    esac\n    ;;\n  esac\n  return ret\n}}\n\n_{name} \"$@\"\n"
