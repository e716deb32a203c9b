#!/usr/bin/env python3
"""make_page.py TEMPLATE MSWD.json MSWCTL.json OUT: a man page of prose and of what the programs say about themselves.

TEMPLATE is a man page in roff (man(7)). A line `@NAME@` stands for what `--help-json` of mswd or mswctl gives; the names
are those of PARTS. `@VERSION@` may stand anywhere.
"""

import json
import re
import sys
import textwrap
from typing import Any, Callable, Dict, Iterator, List

Help = Dict[str, Any]

WIDTH = 79  # columns of the roff: its lints ask for it
GLYPHS = {"\\": "\\e", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", "-": "\\-"}


def literal(text: str) -> str:
    """`text` so that roff shows it as it is, and so that it can be copied into a shell."""
    shown = "".join(GLYPHS.get(c, c) if ord(c) < 128 else f"\\[u{ord(c):04X}]" for c in text)
    return "\\&" + shown if shown.startswith((".", "'")) else shown


def prose(text: str) -> str:
    """A paragraph: what stands in backticks is bold, and so are names of other pages."""
    parts = re.split(r"`([^`]*)`", text)
    for i, part in enumerate(parts):
        shown = literal(part) if i % 2 else re.sub(r"(?<=\w)\\-(?=\w)", "-", literal(part).replace("\\(aq", "'"))
        shown = re.sub(r"\b(mswd\.json|mswctl|mswd)\((\d)\)", r"\\fB\1\\fR(\2)", shown) if i % 2 == 0 else shown
        parts[i] = f"\\fB{shown}\\fR" if i % 2 else shown
    lines = textwrap.wrap("".join(parts), WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in lines)


def tagged(tag: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield tag
    yield prose(text)


def options(rows: List[Help]) -> Iterator[str]:
    for row in rows:
        if not row["names"]:
            continue
        value = f" \\fI{literal(row['value'])}\\fR" if row["value"] else ""
        tag = ", ".join(f"\\fB{literal(name)}\\fR" for name in row["names"])
        yield from tagged(tag + value, sentence(row["text"]))


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def example(lines: str) -> Iterator[str]:
    yield ".PP"
    yield ".EX"
    yield from (literal(line) for line in lines.splitlines())
    yield ".EE"


def commands(mswctl: Help) -> Iterator[str]:
    for command in mswctl["commands"]:
        yield f".SS {command['name']}"
        own = [row for row in command["options"] if row["names"] != ["-h", "--help"]]
        synopsis = f"\\fBmswctl {command['name']}\\fR"
        if any(row["names"] for row in own):
            synopsis += " [\\fIOPTIONS\\fR]"
        for row in own:
            if not row["names"]:
                synopsis += f" \\fI{row['value']}\\fR" if row["required"] else f" [\\fI{row['value']}\\fR]"
        yield synopsis
        yield ".PP"
        yield prose(sentence(command["summary"]))
        for paragraph in filter(None, command["more"].split("\n")):
            yield ".PP"
            yield prose(paragraph)
        yield from options(own)
        yield from example(command["examples"])


def settings(mswd: Help) -> Iterator[str]:
    for row in mswd["settings"]:
        kind = row["type"]
        if "least" in row:
            kind += f" from {row['least']} to {row['most']}"
        facts = [kind, f"default `{row['default']}`" if row["default"] else "no default", f"a change counts {row['counts']}"]
        yield from tagged(f"\\fB{literal(row['key'])}\\fR", row["meaning"])
        yield ".br"
        yield prose("(" + "; ".join(facts) + ")")


def pairs(rows: List[List[str]]) -> Iterator[str]:
    for what, meaning in rows:
        yield from tagged(f"\\fB{literal(what)}\\fR", meaning)


PARTS: Dict[str, Callable[[Help, Help], Iterator[str]]] = {
    "MSWD_OPTIONS": lambda mswd, mswctl: options(mswd["options"]),
    "MSWCTL_OPTIONS": lambda mswd, mswctl: options(mswctl["options"]),
    "COMMANDS": lambda mswd, mswctl: commands(mswctl),
    "SETTINGS": lambda mswd, mswctl: settings(mswd),
    "SPECS": lambda mswd, mswctl: pairs(mswctl["specs"]),
    "TARGETS": lambda mswd, mswctl: pairs(mswctl["targets"]),
    "EXIT_CODES": lambda mswd, mswctl: pairs(mswctl["exit_codes"]),
    "PROMPT_WORDS": lambda mswd, mswctl: iter([prose(mswctl["prompt"])]),
    "PROMPT_HELP": lambda mswd, mswctl: pairs([re.split(r"  +", line, maxsplit=1)
                                               for line in mswctl["prompt_help"].splitlines()]),
    "MSWCTL_EXAMPLES": lambda mswd, mswctl: example(mswctl["examples"]),
}


def page(template: str, mswd: Help, mswctl: Help) -> str:
    lines = []
    for line in template.replace("@VERSION@", mswd["version"]).splitlines():
        part = re.fullmatch(r"@([A-Z_]+)@", line)
        lines += PARTS[part[1]](mswd, mswctl) if part else [line]
    return "\n".join(lines) + "\n"


def main() -> None:
    template, mswd, mswctl, out = sys.argv[1:]
    texts = [open(name, encoding="utf-8").read() for name in (template, mswd, mswctl)]
    made = page(texts[0], json.loads(texts[1]), json.loads(texts[2]))
    with open(out, "w", encoding="ascii") as file:
        file.write(made)


if __name__ == "__main__":
    main()
