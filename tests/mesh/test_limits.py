"""What runs out, breaks or jumps underneath mswd: disk, descriptors, memory, the clock; and plugins that misbehave."""

import ctypes
import glob
import os
import resource
import signal
import socket
import tempfile
import unittest
from pathlib import Path
from typing import List

import plugins_for_tests as given
from harness.host import SANITIZED, Host
from harness.mesh import MeshTest
from harness.wait import holds_for, wait_until
from msw import Datapack

MIB = 1024 * 1024
MS_RDONLY, MS_REMOUNT = 1, 32


def mount(source: str, target: Path, kind: str, flags: int = 0, data: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, data.encode()) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(target))


class Disk(MeshTest):
    def disk(self, folder: Path, size: str) -> None:
        """Give `folder` a disk of its own."""
        folder.mkdir(exist_ok=True)
        try:
            mount("mswd-test", folder, "tmpfs", data=f"size={size}")
        except OSError as error:
            self.skipTest(f"a file system can't be mounted here: {error}")
        self.addCleanup(lambda: ctypes.CDLL(None).umount2(str(folder).encode(), 2))

    def receive_file(self, host: Host, name: str, size: int) -> Datapack:
        with host.attach() as sender, tempfile.TemporaryFile() as file:
            file.truncate(size)
            sender.send(Datapack("file", "files", {"filename": name, "fds": "1", "flag": "1"}), fd=file.fileno())
            answer = sender.receive()
            assert answer
            return answer

    def test_a_full_one_refuses_files_and_nothing_else(self) -> None:
        host = self.host()
        self.disk(host.state, "4m")
        host.add_plugin("files", given.FILES)
        host.start()
        refused = self.receive_file(host, "large", 16 * MIB)
        self.assertEqual(refused.head["error"], "io", refused)
        self.assertIn("no room for 16777216 bytes", refused.text)
        self.assertEqual([p.name for p in host.files.iterdir() if p.name != "large"], [])
        # To the last byte, by somebody else.
        filler = os.open(host.state / "filler", os.O_WRONLY | os.O_CREAT)
        with self.assertRaisesRegex(OSError, "No space"):
            while os.write(filler, bytes(4096)):
                pass
        os.close(filler)
        self.assertIn("no room", self.receive_file(host, "small", 4096).text)
        self.assertNotIn("error", host.ask("log", "a line that has no room").head)
        self.assertEqual(host.status()["id"], "miku")
        (host.state / "filler").unlink()
        self.assertEqual(self.receive_file(host, "small", 4096).text.split()[0], "4096")
        self.assertFalse((host.files / "large").exists())

    def test_one_that_becomes_read_only(self) -> None:
        host = self.host()
        self.disk(host.files, "4m")
        host.add_plugin("files", given.FILES)
        host.start()
        mount("mswd-test", host.files, "tmpfs", MS_REMOUNT | MS_RDONLY)
        refused = self.receive_file(host, "x", 10)
        self.assertEqual(refused.head.get("error"), "io", refused)
        self.assertIn("Read-only", refused.text)
        self.assertEqual(host.status()["id"], "miku")
        self.assertEqual(host.stop(), 0)

    def test_one_that_is_read_only_at_the_start_is_named(self) -> None:
        host = self.host()
        self.disk(host.state, "4m")
        mount("mswd-test", host.state, "tmpfs", MS_REMOUNT | MS_RDONLY)
        host.spawn()
        self.assertNotIn(host.wait_end(), (0, 77))
        self.assertIn(str(host.state), host.log)
        self.assertIn("ead-only", host.log)


class Descriptors(MeshTest):
    def test_when_they_run_out_those_who_are_there_are_served(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        pid = host.status()["pid"]
        with host.attach() as client:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")) + 80,) * 2)
            crowd: List[socket.socket] = []
            try:
                for n in range(120):
                    crowd.append(socket.socket(socket.AF_UNIX if n % 2 else socket.AF_INET))
                    crowd[-1].settimeout(20)
                    crowd[-1].connect(host.socket if n % 2 else ("127.0.0.1", host.port))
                self.assertEqual(client.ask("echo", "still here").text, "still here")
                wait_until(lambda: "descriptors" in host.log, what="the journal says what ran out")
                before = self.cpu(pid)
                holds_for(lambda: client.ask("echo", "x").text == "x", 1)
                self.assertLess(self.cpu(pid) - before, 0.9, "it runs in a circle")
                self.assertEqual(client.ask("shell", "echo one").text, "one\n")
            finally:
                for sock in crowd:
                    sock.close()
            wait_until(lambda: host.status()["id"] == "miku", what="there is room again")
            self.assertEqual(client.ask("shell", "echo two").text, "two\n")
        self.assertLess(host.log.count("descriptors"), 50)

    @staticmethod
    def cpu(pid: int) -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Clock(MeshTest):
    def test_it_may_jump(self) -> None:
        """A year ahead, two back: nothing that waits ends too early or never."""
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if SANITIZED or not library:
            self.skipTest("the clock can't be faked: libfaketime is missing, or in the way of a sanitizer")
        offset = self.folder / "offset"
        offset.write_text("+0")
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.add_plugin("crash", given.CRASH)
        host.start({"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
        with host.attach() as client, host.attach("mine"):
            for jump in ("+1y", "-2y", "+0"):
                client.send(Datapack("get", "shell", {"flag": f"during {jump}"}, "sleep 1; date +%Y"))
                offset.write_text(jump)
                restarts = host.plugin("crash")["restarts"]
                self.assertEqual(client.ask("echo", jump).text, jump)
                answer = wait_until(client.receive, what="the command's answer")
                self.assertEqual(answer.head["flag"], f"during {jump}")
                self.assertNotIn("error", answer.head)
                wait_until(lambda: host.plugin("crash")["restarts"] > restarts,  # pylint: disable=cell-var-from-loop
                           what="a plugin that fails is started again")
        years = {line[:4] for line in host.log.splitlines() if " info " in line or " warning " in line}
        self.assertGreaterEqual(len(years), 2, "the clock never jumped")
        self.assertEqual(host.stop(), 0)


class Plugins(MeshTest):
    def test_one_that_runs_out_of_memory_is_started_again(self) -> None:
        host = self.host()
        host.add_plugin("glutton", given.GLUTTON)
        host.add_plugin("echo", given.ECHO)
        host.start()
        self.assertEqual(host.ask("glutton", "").text, "well")
        with host.attach() as client:
            client.send(Datapack("post", "glutton", {}, "eat"))
        wait_until(lambda: host.plugin("glutton")["restarts"] > 0, what="it is started again")
        self.assertEqual(host.ask("echo", "and we?").text, "and we?")
        wait_until(lambda: host.ask("glutton", "").text == "well")
        self.assertIn("MemoryError", host.log)

    def test_what_did_not_reach_it_before_its_end_is_answered(self) -> None:
        host = self.host()
        host.add_plugin("deaf", given.DEAF)
        host.start()
        with host.attach() as client:
            for n in range(8):
                client.send(Datapack("get", "deaf", {"flag": f"q{n}"}, bytes(30_000)))
            wait_until(lambda: all(r["waiting"] == 0 for r in host.json("mswd", "queue")), what="all are being written")
            os.kill(host.plugin("deaf")["pid"], signal.SIGKILL)
            answered = {}
            while "q7" not in answered:
                answer = client.receive()
                assert answer, f"only these were answered: {answered}"
                answered[answer.head["flag"]] = answer
        self.assertEqual({a.head["error"] for a in answered.values()}, {"closed"})
        self.assertIn("on its way", answered["q7"].text)
        # The kernel took the first ones whole, and nobody can know what became of those.
        self.assertEqual(sorted(answered), [f"q{n}" for n in range(8 - len(answered), 8)])

    def test_one_that_the_kernel_kills_is_started_again(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        os.kill(host.plugin("echo")["pid"], signal.SIGKILL)
        wait_until(lambda: host.plugin("echo")["restarts"] > 0, what="it is started again")
        self.assertEqual(host.ask("echo", "back").text, "back")
        self.assertIn("signal 9", host.log)

    def test_one_that_prints_garbage_is_named_and_ended(self) -> None:
        host = self.host()
        host.add_plugin("garbage", given.GARBAGE)
        host.start()
        wait_until(lambda: "its output can't be followed" in host.log)
        line = next(x for x in host.log.splitlines() if "its output can't be followed" in x)
        self.assertIn("garbage: ", line)
        self.assertIn("Hello", line)
        wait_until(lambda: host.plugin("garbage")["restarts"] > 0)
        self.assertIn("can't be followed", host.plugin("garbage")["last_error"])

    def test_one_that_floods_waits_for_who_takes_slowly(self) -> None:
        host = self.host()
        for name, text in (("flood", given.FLOOD), ("deaf", given.DEAF), ("echo", given.ECHO)):
            host.add_plugin(name, text)
        host.start()
        with host.attach() as client:
            client.send(Datapack("post", "flood", {}, "deaf"))
            wait_until(lambda: host.queue("deaf")["bytes"] > host.queue("deaf")["limit_bytes"] * 0.9,
                       what="the mailbox is full")
            self.assertEqual(client.ask("echo", "free").text, "free")
            self.assertLess(host.memory()["RssAnon"], 64 * 1024 * (3 if SANITIZED else 1))

    def test_names_of_mswd_are_not_for_others(self) -> None:
        host = self.host()
        for name in ("net", "mswd", "all", "log"):
            host.add_plugin(name, given.ECHO)
        host.start()
        for name in ("net", "mswd", "all", "log"):
            with self.subTest(name=name):
                self.assertRegex(host.log, rf"warning mswd: .*/{name}\b")
        self.assertEqual(host.plugin("net")["kind"], "module")
        self.assertEqual(host.status()["id"], "miku")


class BigConfig(MeshTest):
    def test_ten_megabytes_are_no_configuration(self) -> None:
        host = self.host()
        host.config_file.write_text('{"id": "' + "a" * 10_000_000 + '"}')
        host.spawn()
        self.assertNotIn(host.wait_end(), (0, 77))
        self.assertIn(f"{host.config_file}: larger than 1 MiB", host.log)
        self.assertLess(len(host.log), 1000)


if __name__ == "__main__":
    unittest.main()
