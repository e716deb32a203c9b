"""The include rule (docs/architecture.md), read from the includes of the tree.

Two floors: lib below; daemon, plugins and mswctl above, side by side, and none of them knows another. Within a folder
includes only look down its order. `python3 include_rule.py FOLDER` checks a tree; as a unittest it checks the one of
$MSW_SOURCE and that violations are found.
"""

import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

# Folders in the order in which they may use each other: a file may include what stands at its place or before it.
ORDERS = {
    "lib": ["msw", "base", "uv"],
    "daemon": ["counters", "forwarder", "wakeups", "to_loop", "services", "durable", "host", "control", "sys"],  # what is not listed here comes last
    "plugins/net": ["core", "io"],
}
UPSTAIRS = ("daemon", "plugins", "mswctl")
# What the pure folders must never see.
FORBIDDEN = {
    "lib/msw": ("uv.h", "systemd/"),
    "lib/base": ("uv.h",),
    "plugins/net/core": ("uv.h", "uv/", "systemd/", "sys/socket.h", "netinet/", "arpa/", "netdb.h", "sys/un.h",
                         "poll.h", "unistd.h", "fcntl.h", "sys/stat.h", "ctime", "time.h", "fstream", "filesystem",
                         "openssl/"),
}
CLOCK = re.compile(r"_clock::now\b|\bclock_gettime\b")  # net/core may count in time, but not look at a clock
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def sources(tree: Path) -> Iterator[Path]:
    for top in ("lib", *UPSTAIRS):
        for path in sorted((tree / top).rglob("*")):
            if path.suffix in (".cpp", ".hpp", ".h") and path.is_file():
                yield path.relative_to(tree)


def resolve(tree: Path, source: Path, name: str) -> Optional[Path]:
    """The file of the tree that `name` means in `source`; None if it is not of the tree."""
    for base in (source.parent, Path("lib"), Path(".")):
        candidate = Path(os.path.normpath(base / name))
        if (tree / candidate).is_file():
            return candidate
    return None


def room(path: Path) -> str:
    """The part of the house that is one unit: lib, daemon, mswctl, or one plugin."""
    return "/".join(path.parts[:2]) if path.parts[0] == "plugins" else path.parts[0]


def place(path: Path, order_of: str) -> int:
    """The place of a file in the order of the folder it lies in."""
    order = ORDERS[order_of]
    first = path.relative_to(order_of).parts[0]
    word = first.split(".")[0].removesuffix("_test")
    return order.index(word) if word in order else len(order)


def is_test(path: Path) -> bool:
    return path.stem.endswith("_test") or "test" in path.parts


def violation(tree: Path, source: Path, quote: str, name: str) -> Optional[str]:
    """Why `source` may not include `name`; None if it may."""
    for folder, words in FORBIDDEN.items():
        if source.is_relative_to(folder) and not is_test(source):
            if any(name == word or (word.endswith("/") and name.startswith(word)) for word in words):
                return f"{folder} is pure"
    target = resolve(tree, source, name)
    if target is None:
        return "there is no such file in the tree" if quote == '"' else None
    top = target.parts[0]
    if top == "tests":
        return None if is_test(source) else "only tests use tests/"
    if top in UPSTAIRS and room(target) != room(source):
        return f"{room(source)} has no door to {room(target)}"
    for folder in ORDERS:
        if source.is_relative_to(folder) and target.is_relative_to(folder) and not is_test(source):
            if place(target, folder) > place(source, folder):
                return f"within {folder} it looks up"
    return None


def violations(tree: Path) -> Tuple[int, List[str]]:
    """How many includes there are, and what is wrong with which."""
    count, found = 0, []
    for source in sources(tree):
        text = (tree / source).read_text(encoding="utf-8")
        if source.is_relative_to("plugins/net/core") and not is_test(source) and CLOCK.search(text):
            found.append(f"{source}: looks at a clock")
        for quote, name in INCLUDE.findall(text):
            count += 1
            if why := violation(tree, source, quote, name):
                found.append(f"{source}: includes {name}: {why}")
    return count, found


class IncludeRule(unittest.TestCase):
    def test_the_tree_keeps_it(self) -> None:
        count, found = violations(Path(os.environ["MSW_SOURCE"]))
        self.assertGreater(count, 100, "the includes were not found at all")
        self.assertEqual(found, [])

    def check(self, source: str, include: str, *others: str) -> List[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name in (source, *others):
                path = Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"#include {include}\n" if name == source else "")
            return violations(Path(folder))[1]

    def test_a_violation_is_found(self) -> None:
        for source, include, other in (
                ("lib/msw/a.hpp", '"base/b.hpp"', "lib/base/b.hpp"),
                ("lib/base/a.cpp", '"uv/b.hpp"', "lib/uv/b.hpp"),
                ("lib/msw/a.cpp", '"../base/b.hpp"', "lib/base/b.hpp"),
                ("lib/uv/a.cpp", '"daemon/b.hpp"', "daemon/b.hpp"),
                ("daemon/a.cpp", '"plugins/net/b.hpp"', "plugins/net/b.hpp"),
                ("plugins/net/a.cpp", '"daemon/b.hpp"', "daemon/b.hpp"),
                ("plugins/net/a.cpp", '"plugins/log/b.hpp"', "plugins/log/b.hpp"),
                ("plugins/net/core/a.cpp", '"plugins/net/io/b.hpp"', "plugins/net/io/b.hpp"),
                ("plugins/net/core/a.cpp", "<uv.h>", "lib/uv/b.hpp"),
                ("plugins/net/core/a.cpp", '"uv/b.hpp"', "lib/uv/b.hpp"),
                ("plugins/net/core/a.cpp", "<sys/socket.h>", "lib/uv/b.hpp"),
                ("lib/msw/a.cpp", "<systemd/sd-daemon.h>", "lib/uv/b.hpp"),
                ("mswctl/a.cpp", '"daemon/b.hpp"', "daemon/b.hpp"),
                ("daemon/forwarder.cpp", '"daemon/host/b.hpp"', "daemon/host/b.hpp"),
                ("daemon/host/a.cpp", '"daemon/main.hpp"', "daemon/main.hpp"),
                ("daemon/a.cpp", '"tests/support/b.hpp"', "tests/support/b.hpp"),
                ("daemon/a.cpp", '"nowhere.hpp"', "daemon/b.hpp")):
            with self.subTest(source=source, include=include):
                self.assertEqual(len(self.check(source, include, other)), 1)

    def test_a_clock_in_the_core_is_found(self) -> None:
        line = "<chrono>\nstatic auto now = std::chrono::steady_clock::now();"
        self.assertEqual(len(self.check("plugins/net/core/a.cpp", line)), 1)
        self.assertEqual(self.check("plugins/net/io/a.cpp", line), [])

    def test_what_looks_down_is_fine(self) -> None:
        for source, include, other in (
                ("lib/uv/a.hpp", '"msw/b.hpp"', "lib/msw/b.hpp"), ("daemon/a.cpp", '"msw/b.hpp"', "lib/msw/b.hpp"),
                ("daemon/main.cpp", '"daemon/host/b.hpp"', "daemon/host/b.hpp"),
                ("daemon/control/a.cpp", '"daemon/forwarder.hpp"', "daemon/forwarder.hpp"),
                ("plugins/net/io/a.cpp", '"plugins/net/core/b.hpp"', "plugins/net/core/b.hpp"),
                ("plugins/net/io/a.cpp", "<uv.h>", "lib/uv/b.hpp"), ("daemon/a.cpp", "<vector>", "daemon/b.hpp"),
                ("plugins/log/log_test.cpp", '"tests/support/b.hpp"', "tests/support/b.hpp")):
            with self.subTest(source=source, include=include):
                self.assertEqual(self.check(source, include, other), [])


if __name__ == "__main__":
    if len(sys.argv) == 2 and Path(sys.argv[1]).is_dir():
        problems = violations(Path(sys.argv[1]))[1]
        print("\n".join(problems))
        sys.exit(1 if problems else 0)
    unittest.main()
