"""The completions: bash and fish complete, with a stand-in for mswctl that knows two hosts; zsh reads its files."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List

from status import status_of

BUILD = Path(os.environ["MSW_BUILD"])
MADE = BUILD / "share" / "completions"

STAND_IN = """#!/bin/sh
echo "$*" >>"$0.asked"
case $* in
*peers) echo '[{"id":"rin","address":"127.0.0.1:1"},{"id": "luka"}]' ;;
*plugins) echo '[{"app":"log","kind":"module"},{"app":"shell"},{"app":"ser-vice"},{"app":"@7"}]' ;;
esac
"""

ASK_BASH = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=($2) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_$3"
printf '%s\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.stand_in = self.folder / "bin" / "mswctl"
        self.stand_in.parent.mkdir()
        self.stand_in.write_text(STAND_IN)
        self.stand_in.chmod(0o755)
        (self.folder / "notes.txt").touch()
        (self.folder / "not here").mkdir()
        self.env = {"PATH": f"{self.stand_in.parent}:{os.environ['PATH']}", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    def run_shell(self, *words: str) -> List[str]:
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=self.env, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return sorted(line for line in done.stdout.splitlines() if line)

    def bash(self, line: str, program: str = "mswctl") -> List[str]:
        return self.run_shell("bash", "--norc", "-fc", ASK_BASH, "bash", str(MADE / f"{program}.bash"), line, program)

    def test_bash_completes_commands_and_options(self) -> None:
        commands = sorted(c["name"] for c in json.loads((BUILD / "help" / "mswctl.json").read_text())["commands"])
        self.assertEqual(self.bash("mswctl "), commands)
        self.assertEqual(self.bash("mswctl --json pe"), ["peers"])
        self.assertEqual(self.bash("mswctl send --n"), ["--no-wait"])
        self.assertIn("--socket", self.bash("mswctl send --"))
        self.assertNotIn("--no-wait", self.bash("mswctl call --"))
        self.assertEqual(self.bash("mswctl status "), [])
        self.assertEqual(self.bash("mswctl --timeout "), [])
        self.assertEqual(self.bash("mswctl --ho"), ["--host"])

    def test_bash_completes_what_is_live(self) -> None:
        self.assertEqual(self.bash("mswctl --host "), ["luka", "rin"])
        self.assertEqual(self.bash("mswctl call shell:x --to r"), ["rin"])
        self.assertEqual(self.bash("mswctl call shell:x --to rin+l"), ["rin+luka"])
        self.assertEqual(self.bash("mswctl update "), ["luka", "rin"])
        self.assertEqual(self.bash("mswctl call s"), ["ser-vice:", "shell:"])
        self.assertEqual(self.bash("mswctl call "), ["log:", "ser-vice:", "shell:"])  # not who has no name of its own
        self.assertEqual(self.bash("mswctl send '(file)l"), ["(file)log:"])
        self.assertEqual(self.bash("mswctl send '(file)log:no"), ["(file)log:not here", "(file)log:notes.txt"])
        self.assertEqual(self.bash("mswctl send log:"), [])

    def test_bash_asks_the_mswd_that_is_meant(self) -> None:
        self.bash("mswctl --socket /x/y.sock call l")
        self.bash("mswctl --socket=/z.sock --host ")
        self.assertEqual(Path(f"{self.stand_in}.asked").read_text().splitlines(),
                         ["--socket /x/y.sock --json --timeout 1 plugins", "--socket=/z.sock --json --timeout 1 peers"])

    def test_bash_asks_by_the_program_that_is_typed(self) -> None:
        self.stand_in.rename(self.folder / "elsewhere")
        self.assertEqual(self.bash(f"{self.folder}/elsewhere --host r"), ["rin"])

    def test_bash_completes_files(self) -> None:
        self.assertEqual(self.bash("mswctl --socket n"), ["not here", "notes.txt"])
        self.assertEqual(self.bash("mswd --config not", "mswd"), ["not here", "notes.txt"])
        self.assertEqual(self.bash("mswd --state-dir ", "mswd"), ["bin", "not here"])
        self.assertEqual(self.bash("mswd --state-dir=n", "mswd"), ["not here"])
        self.assertEqual(self.bash("mswd --ch", "mswd"), ["--check-config"])

    def test_bash_says_nothing_where_no_mswd_runs(self) -> None:
        self.stand_in.write_text("#!/bin/sh\necho trouble >&2\nexit 3\n")
        self.assertEqual(self.bash("mswctl --host "), [])

    def fish(self, line: str, program: str = "mswctl") -> List[str]:
        lines = self.run_shell("fish", "-Nc", "source $argv[1]; complete -C $argv[2]", str(MADE / f"{program}.fish"), line)
        return [word.split("\t")[0] for word in lines]

    def test_fish(self) -> None:
        if not shutil.which("fish"):
            self.skipTest("fish is missing: its completion was not tried")
        commands = sorted(c["name"] for c in json.loads((BUILD / "help" / "mswctl.json").read_text())["commands"])
        self.assertEqual(self.fish("mswctl "), commands)
        self.assertEqual(self.fish("mswctl --host "), ["luka", "rin"])
        self.assertEqual(self.fish("mswctl call shell:x --to r"), ["rin"])
        self.assertEqual(self.fish("mswctl call shell:x --to rin+l"), ["rin+luka"])
        self.assertEqual(self.fish("mswctl send --n"), ["--no-wait"])
        self.assertEqual(self.fish("mswctl call s"), ["ser-vice:", "shell:"])
        self.assertEqual(self.fish("mswctl send '(file)log:notes"), ["(file)log:notes.txt"])
        self.assertEqual(self.fish("mswd --ch", "mswd"), ["--check-config"])
        self.assertIn("notes.txt", self.fish("mswd --config no", "mswd"))

    def test_zsh(self) -> None:
        if not shutil.which("zsh"):
            self.skipTest("zsh is missing: its completion was not read")
        for program in ("mswd", "mswctl"):
            self.run_shell("zsh", "-fn", str(MADE / f"{program}.zsh"))
            (self.folder / f"_{program}").write_bytes((MADE / f"{program}.zsh").read_bytes())
            # compinit finds it by its first line.
            found = self.run_shell("zsh", "-fc", f"fpath=($PWD $fpath); autoload -U compinit && compinit -u -D; "
                                                 f"print $_comps[{program}]")
            self.assertEqual(found, [f"_{program}"])
        for command in json.loads((BUILD / "help" / "mswctl.json").read_text())["commands"]:
            self.assertIn(f"'{command['name']}:", (MADE / "mswctl.zsh").read_text())


if __name__ == "__main__":
    sys.exit(status_of(unittest.main(verbosity=2, exit=False).result))
