"""Update: the files of one host come to the others, which run them or go back to what they had."""

import json
import os
import shutil
import signal
import unittest
from typing import Dict, List, Tuple

from harness.host import PATIENCE, SANITIZED, Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack

PLUGIN = """#!/usr/bin/env python3
from msw import receive_queue, send_queue
for d in receive_queue:
    if d.method != "reply":
        send_queue.put(d.reply("VERSION"))
"""
LONG = PATIENCE * 3  # packing, sending, checking, unpacking, restarting


class Update(MeshTest):
    def trees(self, *names: str) -> List[Host]:
        """Hosts with a tree of their own each, started by their launchers; all know the first."""
        hosts = [self.host(name, launcher=True, own_tree=True) for name in names]
        for host in hosts[1:]:
            host.write_addresses(hosts[0].address)
        for host in hosts:
            host.start()
        self.wait_peers(hosts[0], *names[1:])
        return hosts

    def put_plugin(self, host: Host, version: str) -> None:
        path = host.tree / "lib" / "mswd" / "plugins" / "greet"
        path.write_text(PLUGIN.replace("VERSION", version))
        path.chmod(0o755)

    def update_from(self, host: Host, targets: str = "*", code: int = 0) -> Tuple[str, Dict[str, str]]:
        """Update them. Gives the digest of the release, as people see it, and each host's verdict."""
        done = host.ctl("update", targets, timeout=LONG * 3)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        release, *verdicts = done.stdout.splitlines() + done.stderr.splitlines()
        self.assertRegex(release, r"^release [0-9a-f]{16}: \d+ files, packed in [\d,]+ bytes; on its way to ")
        return release[8:24], dict(line.split(": ", 1) for line in verdicts if "is not in reach now" not in line)

    def update_and_go(self, host: Host) -> None:
        """Begin an update, and wait for nobody."""
        done = host.ctl("send", "update:compress;update_to:*", "--no-wait")
        self.assertEqual(done.returncode, 0, done.stderr)

    def greeting(self, host: Host) -> str:
        answer = host.ask("greet", "")
        return answer.head.get("error", answer.text)

    def test_a_plugin_appears_changes_and_disappears(self) -> None:
        a, b, c = self.trees("a", "b", "c")
        for host in (b, c):
            self.assertEqual(self.greeting(host), "no-such-app")
        for version in ("one", "two"):
            self.put_plugin(a, version)
            self.update_and_go(a)
            for host in (b, c):
                wait_until(lambda h=host: self.greeting(h) == version, LONG, f"{host.id} runs {version}")
        (a.tree / "lib" / "mswd" / "plugins" / "greet").unlink()
        digest, verdicts = self.update_from(a)
        self.assertEqual({host: said.split(" (mswd ")[0] for host, said in verdicts.items()},
                         {"b": f"runs release {digest}", "c": f"runs release {digest}"})
        for host in (b, c):
            wait_until(lambda h=host: self.greeting(h) == "no-such-app", LONG, f"{host.id} has it no more")
            # What it was installed with is as it was: a release is a folder of its own.
            self.assertFalse((host.tree / "lib" / "mswd" / "plugins" / "greet").exists())
            self.assertTrue(host.status()["program"].startswith(str(host.state)), host.status())
        # The mesh is whole again, and the way back is open: b updates a.
        self.wait_peers(a, "b", "c")

    def test_ones_own_plugins_travel_too(self) -> None:
        a, b = self.trees("a", "b")
        a.add_plugin("greet", PLUGIN.replace("VERSION", "my own"))
        self.update_from(a)
        wait_until(lambda: self.greeting(b) == "my own", LONG, "b runs it")
        self.assertEqual(list(b.plugins.iterdir()), [])

    def test_a_release_that_cannot_start_falls_back(self) -> None:
        a, b = self.trees("a", "b")
        program = a.tree / "bin" / "mswd"
        shutil.move(program, program.with_suffix(".old"))
        program.write_text("#!/bin/sh\necho this release is broken >&2\nexit 1\n")
        program.chmod(0o755)
        before = b.status()["program"]
        digest, verdicts = self.update_from(a, code=1)
        self.assertRegex(verdicts["b"], f"^release {digest} was given up: it did not come up; "
                                        r"the base program \(mswd .*\) runs again \(unsupported\)$")
        self.assertIn("this release is broken", b.log)
        self.assertEqual(b.status()["program"], before)
        self.wait_peers(a, "b")
        self.assertEqual(a.ask("shell", "echo alive", {"to": "b"}).text, "alive\n")

    def test_each_host_comes_to_a_verdict_of_its_own(self) -> None:
        a, b, c, d = self.trees("a", "b", "c", "d")
        a.write_config(update={"timeout_s": 60 if SANITIZED else 20})
        self.assertEqual(a.ctl("reload").returncode, 0)
        c.stop()
        d.stop()
        self.wait_peers(a, "b")
        verdicts = self.update_from(a, code=4)[1]
        self.assertIn("runs release", verdicts["b"])
        self.assertRegex(verdicts["c"], r"^no answer within \d+ s")
        # That release once more: b has it, c has one that was spoiled on its disk, and d stays off.
        release = next(path for path in (b.state / "releases").iterdir() if len(path.name) == 64)
        spoiled = c.state / "releases" / release.name
        shutil.copytree(release, spoiled)
        (spoiled / "bin" / "mswd").write_text("#!/bin/sh\nexit 1\n")
        c.start()
        self.wait_peers(a, "b", "c")
        digest, verdicts = self.update_from(a, "b+c+d", code=1)
        self.assertEqual(release.name[:16], digest)
        self.assertIn(f"runs release {digest}", verdicts["b"])
        self.assertIn("was given up: it did not come up", verdicts["c"])
        self.assertRegex(verdicts["d"], r"^no answer within \d+ s \(timeout\)$")
        self.assertEqual(list(verdicts), ["b", "c", "d"])
        answers = {row["host"]: row["error"] for row in a.json("update", "status")["answers"]}
        self.assertEqual(answers, {"b": "", "c": "unsupported"})

    def test_without_a_launcher_nothing_is_installed(self) -> None:
        a, b = self.host("a"), self.host("b")
        b.write_addresses(a.address)
        for host in (a, b):
            host.start()
        self.wait_peers(a, "b")
        verdict = self.update_from(a, "b", code=1)[1]["b"]
        self.assertIn("mswd-launcher", verdict)
        self.assertIn("(unsupported)", verdict)
        self.assertFalse((b.state / "releases").exists())

    def test_an_archive_that_was_changed_on_the_way_is_not_used(self) -> None:
        b = self.trees("a", "b")[1]
        (b.files / "up").mkdir(parents=True, exist_ok=True)
        archive = b.files / "up" / "release.tar.zst"
        archive.write_bytes(os.urandom(10_000))
        program = b.status()["program"]
        with b.attach() as sender, open(archive, "rb") as file:

            sender.send(Datapack("file", "update", {"filename": "release.tar.zst", "fds": "1", "flag": "1",
                                                    "digest": "0" * 64}), fd=file.fileno())
            answer = sender.receive(LONG)
        assert answer
        self.assertIn("error", answer.head)
        self.assertEqual(b.status()["program"], program)


class Launcher(MeshTest):
    def test_restart_comes_back_and_exit_stays_down(self) -> None:
        host = self.host(launcher=True).start()
        pid = host.status()["pid"]
        self.assertEqual(host.ctl("restart").returncode, 0)
        wait_until(lambda: host.status()["pid"] != pid, PATIENCE, "it is back")
        self.assertEqual(host.ctl("exit").returncode, 0)
        self.assertIn(host.wait_end(), (0, 77))

    def test_it_starts_a_killed_daemon_again(self) -> None:
        host = self.host(launcher=True).start()
        pid = host.status()["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: host.status()["pid"] != pid, PATIENCE, "it is back")
        self.assertEqual(json.loads(host.ask("mswd", "status").body)["id"], "miku")


if __name__ == "__main__":
    unittest.main()
