"""The man pages: all that --help says stands in them, and the tools that read man pages have nothing to say about them."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Dict, List

from status import status_of

BUILD = Path(os.environ["MSW_BUILD"])
PAGES = ("man1/mswctl.1", "man8/mswd.8", "man5/mswd.json.5")


def path_of(page: str) -> Path:
    return BUILD / "share" / "man" / page


def told(program: str) -> Dict[str, Any]:
    """What the program says about itself now."""
    return dict(json.loads(subprocess.run([str(BUILD / "bin" / program), "--help-json"], capture_output=True,
                                          check=True).stdout))


def text_of(page: str) -> str:
    """The page as roff, each escape as the character that a reader sees, without fonts."""
    text = path_of(page).read_text()
    text = re.sub(r"\\\[u([0-9A-F]{4})\]", lambda m: chr(int(m[1], 16)), text)
    for escape, shown in (("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\&", ""), ("\\-", "-"), ("\\(aq", "'"),
                          ("\\(ga", "`"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\e", "\\")):
        text = text.replace(escape, shown)
    return text


def words(text: str) -> str:
    """Without line ends and backticks, to find sentences in."""
    return " ".join(text.replace("`", "").split())


class Manual(unittest.TestCase):
    def options_stand_in(self, options: List[Dict[str, Any]], text: str, where: str) -> None:
        for option in options:
            if not option["names"]:
                self.assertIn(option["value"], text.splitlines()[1], where)  # the synopsis
                continue
            tag = ", ".join(option["names"]) + (" " + option["value"] if option["value"] else "")
            self.assertIn(f"\n.TP\n{tag}\n", text, where)
            self.assertIn(option["text"][1:].replace("`", ""), words(text), f"{where} {tag}")

    def test_every_command_and_option_stands_in_its_page(self) -> None:
        mswctl, page = told("mswctl"), text_of("man1/mswctl.1")
        head, *sections = re.split(r"^\.SS ", page.split("\n.SH THE PROMPT")[0], flags=re.M)
        self.options_stand_in(mswctl["options"], head, "mswctl")
        by_name = {section.splitlines()[0]: section for section in sections}
        self.assertEqual(list(by_name), [command["name"] for command in mswctl["commands"]])
        for command in mswctl["commands"]:
            section = by_name[command["name"]]
            self.options_stand_in([o for o in command["options"] if "--help" not in o["names"]], section, command["name"])
            self.assertIn(command["summary"][1:], words(section))
            self.assertIn(words(command["more"]), words(re.sub(r"^\.PP$", "", section, flags=re.M)))
            for example in command["examples"].splitlines():
                self.assertIn(f"\n{example}\n", section)
        for what, meaning in mswctl["exit_codes"] + mswctl["targets"] + mswctl["specs"]:
            self.assertIn(f"\n{what}\n", page)
            self.assertIn(meaning, words(page))
        for line in mswctl["prompt_help"].splitlines():
            self.assertIn(f"\n{re.split('  +', line)[0]}\n", page)
        self.options_stand_in(told("mswd")["options"], text_of("man8/mswd.8"), "mswd")

    def test_every_setting_stands_in_its_page(self) -> None:
        page = text_of("man5/mswd.json.5")
        rows = told("mswd")["settings"]
        self.assertGreater(len(rows), 10)
        for row in rows:
            entry = page.split(f"\n.TP\n{row['key']}\n")
            self.assertEqual(len(entry), 2, row["key"])
            shown = words(entry[1].split("\n.TP\n")[0])
            for fact in (row["meaning"], row["type"], row["default"], row["counts"], *map(str, (row.get("least", ""),
                                                                                              row.get("most", "")))):
                self.assertIn(words(fact), shown, row["key"])

    def test_help_and_manual_say_what_runs(self) -> None:
        """What the build made of the programs is what the programs say now."""
        for program in ("mswd", "mswctl"):
            self.assertEqual(json.loads((BUILD / "help" / f"{program}.json").read_text()), told(program))

    def test_help_tells_the_same(self) -> None:
        mswctl = told("mswctl")
        for command in mswctl["commands"]:
            shown = subprocess.run([str(BUILD / "bin" / "mswctl"), command["name"], "--help"], capture_output=True,
                                   text=True, check=True).stdout
            for part in (command["summary"], command["more"], command["examples"]):
                self.assertIn(" ".join(part.split()), " ".join(shown.split()))

    def test_man_has_nothing_to_say(self) -> None:
        if not shutil.which("man") or not shutil.which("groff"):
            self.skipTest("man or groff is missing: the pages were not read by them")
        for page in PAGES:
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path_of(page))],
                                  capture_output=True, text=True, check=False,
                                  env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)
            self.assertTrue(done.stdout)

    def test_mandoc_has_nothing_to_say(self) -> None:
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is missing: the pages were not read by it")
        for page in PAGES:
            done = subprocess.run(["mandoc", "-T", "lint", str(path_of(page))], capture_output=True, text=True,
                                  check=False)
            # What it says of other pages depends on which are installed.
            left = [line for line in done.stdout.splitlines() if "referenced manual not found" not in line]
            self.assertEqual(left, [], page)


if __name__ == "__main__":
    sys.exit(status_of(unittest.main(verbosity=2, exit=False).result))
