"""Update: the files of one host come to the others, which run them or go back to what they had."""

import json
import os
import shutil
import signal
import unittest
from typing import List

from harness.host import PATIENCE, Host
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

    def update_from(self, host: Host) -> None:
        done = host.ctl("send", "update:compress;update_to:*", timeout=LONG)
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
            self.update_from(a)
            for host in (b, c):
                wait_until(lambda h=host: self.greeting(h) == version, LONG, f"{host.id} runs {version}")
        (a.tree / "lib" / "mswd" / "plugins" / "greet").unlink()
        self.update_from(a)
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
        pid = b.status()["pid"]
        self.update_from(a)
        wait_until(lambda: "this release is broken" in b.log, LONG, "b tried it")
        wait_until(lambda: b.status()["pid"] != pid, LONG, "b is up again")
        self.assertEqual(b.status()["program"], before)
        self.wait_peers(a, "b")
        self.assertEqual(a.ask("shell", "echo alive", {"to": "b"}).text, "alive\n")

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
