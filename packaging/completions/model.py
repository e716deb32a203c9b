"""What a completion has to know of a program: its commands, options, and what each value may be."""

from typing import Any, Dict, List

# What stands for a value in --help, and how it is completed.
KINDS = {"PATH": "file", "FILE": "file", "DIR": "dir", "ID": "host", "TARGETS": "targets", "SPEC": "spec", "WHAT": "spec",
         "SECONDS": "nothing", "ROLE": "nothing", "TIME": "nothing", "N": "nothing", "HOST": "host", "TOKEN": "nothing", "WORDS": "nothing", "WORD": "nothing", "NAME=VALUE": "nothing"}


class Option:
    """An option, or a positional (then it has no names)."""

    def __init__(self, row: Dict[str, Any]) -> None:
        self.names: List[str] = row["names"]
        self.text: str = row["text"]
        self.value: str = row["value"]
        self.kind = KINDS[self.value] if self.value else ""  # KeyError: say in KINDS how it is completed


class Command:
    def __init__(self, row: Dict[str, Any]) -> None:
        self.name: str = row["name"]
        self.summary: str = row["summary"]
        every = [Option(option) for option in row["options"]]
        self.options = [option for option in every if option.names]
        self.positionals = [option for option in every if not option.names]


class Program:
    def __init__(self, help_json: Dict[str, Any]) -> None:
        self.name: str = help_json["name"]
        self.options = [Option(row) for row in help_json["options"]]
        self.commands = [Command(row) for row in help_json.get("commands", [])]
        kinds: Dict[str, str] = {}
        for option in self.all_options():
            for name in option.names:
                if kinds.setdefault(name, option.kind) != option.kind:
                    raise ValueError(f"{name} takes different values in different commands")

    def all_options(self) -> List[Option]:
        return self.options + [option for command in self.commands for option in command.options]

    def head(self) -> str:
        return (f"# Completion for {self.name}, made from `{self.name} --help-json` by packaging/completions: "
                "to be changed there.\n")
