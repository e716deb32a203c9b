"""The completion for bash. It needs nothing but bash itself."""

from typing import List

from model import Command, Program

LIVE = r'''
# _mswctl_live COMMAND FIELD: what a field holds in the rows that `mswctl COMMAND` gives; asked, of the mswctl that is
# being typed
_mswctl_live() {
    "${words[0]}" "${asked[@]}" --json --timeout 1 "$1" 2>/dev/null | grep -oE "\"$2\": ?\"[^@\"][^\"]*\"" | cut -d'"' -f4
}

# _mswctl_candidates KIND WORD: one a line
_mswctl_candidates() {
    local before id
    case $1 in
    file) compgen -f -- "$2" ;;
    dir) compgen -d -- "$2" ;;
    host) compgen -W "$(_mswctl_live peers id)" -- "$2" ;;
    targets)
        before=${2%"${2##*[+&]}"}
        while read -r id; do
            [[ $before$id == "$2"* ]] && printf '%s\n' "$before$id"
        done < <(_mswctl_live peers id)
        ;;
    spec)
        case $2 in
        '(file)'*:*)
            before=${2%%:*}:
            compgen -f -- "${2#"$before"}" | while read -r id; do printf '%s\n' "$before$id"; done
            ;;
        '(file)'*)
            while read -r id; do
                [[ "(file)$id" == "$2"* ]] && printf '(file)%s:\n' "$id"
            done < <(_mswctl_live plugins app)
            ;;
        *:*) ;;
        *)
            while read -r id; do
                [[ $id == "$2"* ]] && printf '%s:\n' "$id"
            done < <(_mswctl_live plugins app)
            ;;
        esac
        ;;
    esac
}
'''

MAIN = r'''
_@NAME@() {
    local line=${COMP_LINE:0:COMP_POINT} command='' positionals=0 kind='' before='' i word
    local -a asked=()
    # bash takes `:` and `=` for ends of words; here only blanks outside of quotes are, so the word is read anew.
    local current='' quote='' words=()
    for ((i = 0; i < ${#line}; i++)); do
        word=${line:i:1}
        if [[ -n $quote ]]; then
            [[ $word == "$quote" ]] && quote='' || current+=$word
        elif [[ $word == [\'\"] ]]; then
            quote=$word
        elif [[ $word == [[:space:]] ]]; then
            [[ -n $current ]] && words+=("$current")
            current=''
        else
            current+=$word
        fi
    done
    for ((i = 1; i < ${#words[@]}; i++)); do
        word=${words[i]}
        kind=$(_@NAME@_kind "$word")
        if [[ $word == --*=* ]]; then
            [[ $word == --socket=* ]] && asked=("$word")
            kind=''
        elif [[ -n $kind ]]; then
            i=$((i + 1))
            [[ $word == --socket && -n ${words[i]:-} ]] && asked=(--socket "${words[i]}")
            [[ $i -lt ${#words[@]} ]] && kind=''
        elif [[ $word != -* ]]; then
            if [[ -z $command ]]; then command=$word; else positionals=$((positionals + 1)); fi
        fi
    done
    if [[ -z $kind && $current == --*=* ]]; then
        kind=$(_@NAME@_kind "${current%%=*}")
        before=${current%%=*}=
        current=${current#*=}
    fi
    COMPREPLY=()
    if [[ -z $kind && $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_@NAME@_options "$command")" -- "$current")
        return
    fi
@WORDS@
    mapfile -t COMPREPLY < <(_@NAME@_candidates "${kind:-nothing}" "$current")
    [[ $kind == file || $kind == dir ]] && compopt -o filenames 2>/dev/null
    [[ $kind == spec || $kind == targets ]] && compopt -o nospace 2>/dev/null
    # What bash replaces begins after the last of its ends of words, unless a quote is open.
    if [[ -z $quote && ($current == *:* || -n $before) ]]; then
        before=${current%"${current##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}
complete -F _@NAME@ @NAME@
'''


def words_of(options: List[str]) -> str:
    return " ".join(options)


def names(command: Command) -> List[str]:
    return [name for option in command.options for name in option.names]


def completion(program: Program) -> str:
    name = program.name
    text = program.head() + (LIVE if program.commands else FILES.replace("@NAME@", name))
    kinds = sorted({(n, option.kind) for option in program.all_options() for n in option.names if option.kind})
    text += f"\n# _{name}_kind OPTION: what its value is; nothing if it takes none\n_{name}_kind() {{\n    case $1 in\n"
    for option, kind in kinds:
        text += f"    {option}) echo {kind} ;;\n"
    text += "    esac\n}\n"
    every = words_of([n for option in program.options for n in option.names])
    text += f"\n# _{name}_options COMMAND\n_{name}_options() {{\n    echo {every}\n"
    if program.commands:
        text += "    case $1 in\n"
        for command in program.commands:
            text += f"    {command.name}) echo {words_of(names(command))} ;;\n"
        text += "    esac\n"
    text += "}\n"
    words = ""
    if program.commands:
        words = (f"    if [[ -z $kind && -z $command ]]; then\n        mapfile -t COMPREPLY < <(compgen -W \""
                 f"{words_of([c.name for c in program.commands])}\" -- \"$current\")\n        return\n    fi\n"
                 "    if [[ -z $kind && $positionals -eq 0 ]]; then\n        case $command in\n")
        for command in program.commands:
            if command.positionals:
                words += f"        {command.name}) kind={command.positionals[0].kind} ;;\n"
        words += "        esac\n    fi"
    return text + MAIN.replace("@WORDS@", words).replace("@NAME@", name)


FILES = r'''
# _@NAME@_candidates KIND WORD: one a line
_@NAME@_candidates() {
    case $1 in
    file) compgen -f -- "$2" ;;
    dir) compgen -d -- "$2" ;;
    esac
}
'''
