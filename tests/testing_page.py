"""Each test that docs/testing.md names exists: a table that promises more than the tests do is worse than none."""

import os
import re
import unittest
from pathlib import Path
from typing import Set

SOURCE = Path(os.environ["MSW_SOURCE"])


def gtests() -> Set[str]:
    found: Set[str] = set()
    for path in SOURCE.glob("*/**/*_test.cpp"):
        if "build" not in path.relative_to(SOURCE).parts:
            found.update(f"{suite}.{name}" for suite, name in
                         re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(), re.MULTILINE))
    return found


def python_tests() -> Set[str]:
    found: Set[str] = set()
    for path in SOURCE.glob("tests/*/test_*.py"):
        owner = ""
        for line in path.read_text().splitlines():
            if match := re.match(r"class (\w+)", line):
                owner = match[1]
            elif match := re.match(r"    def (test_\w+)", line):
                found.add(f"{path.stem}.{owner}.{match[1]}")
    return found


class TestingPage(unittest.TestCase):
    def test_what_it_names_exists(self) -> None:
        there = gtests() | python_tests()
        named = []
        for line in (SOURCE / "docs" / "testing.md").read_text().splitlines():
            cells = line.split("|")
            if len(cells) == 5:
                tests = [n for n in re.findall(r"`([\w.]+)`", cells[3]) if "." in n]
                self.assertTrue(tests or cells[3].strip() in ("held by", "---"), f"held by no test: {line}")
                named += tests
        self.assertGreater(len(named), 50)
        self.assertEqual([n for n in named if n not in there], [])


if __name__ == "__main__":
    unittest.main()
