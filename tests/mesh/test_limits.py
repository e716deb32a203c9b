"""What runs out underneath mswd, and plugins that misbehave."""

import os
import resource
import signal
import socket
import unittest
from pathlib import Path
from typing import List

import plugins_for_tests as given
from harness.host import SANITIZED
from harness.mesh import MeshTest
from harness.wait import holds_for, wait_until
from msw import Datapack


class Descriptors(MeshTest):
    def test_when_they_run_out_those_who_are_there_are_served(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        pid = host.status()["pid"]
        with host.attach() as client:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(host.descriptors()) + 80,) * 2)
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
