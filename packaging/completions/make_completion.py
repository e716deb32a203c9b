#!/usr/bin/env python3
"""make_completion.py SHELL PROGRAM.json OUT: the completion of a program for bash, zsh or fish.

PROGRAM.json is what `PROGRAM --help-json` prints. What is live (host ids, apps) the completion asks of the running mswd.
"""

import json
import sys

import bash
import fish
import zsh
from model import Program

SHELLS = {"bash": bash.completion, "fish": fish.completion, "zsh": zsh.completion}


def main() -> None:
    shell, source, out = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        program = Program(json.load(file))
    with open(out, "w", encoding="utf-8") as file:
        file.write(SHELLS[shell](program))


if __name__ == "__main__":
    main()
