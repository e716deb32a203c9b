"""mswctl trace, mswctl peers --watch and net:watch, with real daemons."""

import json
import os
import re
import time
import signal
import subprocess
import unittest
from typing import Any, Dict, List, Optional

import plugins_for_tests as given
from harness.client import Client
from harness.host import PATIENCE, Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack

MOST_WATCHERS = 64


def watch(**head: str) -> Datapack:
    return Datapack("get", "net", {"stream": "1", "flag": "watching", **head}, b"watch")


def rows(part: Optional[Datapack]) -> List[Dict[str, Any]]:
    assert part, "no part came"
    assert "error" not in part.head, f"{part.head['error']}: {part.text}"
    return list(json.loads(part.body))


class Chain(MeshTest):
    """a - b - c: c speaks with b alone."""

    def setUp(self) -> None:
        self.a, self.b = self.host("a"), self.host("b")
        self.c = self.host("c", config={"onlyproxy": True, "proxy": "b"})
        for host in (self.a, self.c):
            host.write_addresses(self.b.address)
        self.b.add_plugin("deaf", given.DEAF)
        self.c.add_plugin("echo", given.ECHO)

    def start(self) -> None:
        for host in self.hosts:
            host.start()
        self.wait_peers(self.a, "b", "c")
        self.wait_peers(self.b, "a", "c")

    def check(self, code: int, *args: str) -> str:
        done = self.a.ctl(*args)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr


class Way(Chain):
    def test_each_hop_with_its_round_trip_and_the_app_at_the_end(self) -> None:
        self.start()
        told = json.loads(self.check(0, "--json", "trace", "echo:x;to:c"))
        self.assertTrue(told["reached"])
        self.assertEqual([hop["host"] for hop in told["hops"]], ["a", "b", "c"])
        for hop in told["hops"]:
            self.assertGreater(hop["ms"], 0)
        self.assertEqual([(app["app"], app["state"]) for app in told["apps"]], [("echo", "running")])
        text = self.check(0, "trace", "echo:x", "--to", "c")
        self.assertRegex(text, r"(?m)^  1  b +\d+\.\d ms  c, up")
        self.assertIn("echo on c: running, nothing waits in its mailbox\n", text)
        self.assertEqual(len(self.check(0, "--json", "trace", "--to", "*").splitlines()), 2)
        self.assertEqual([hop["host"] for hop in json.loads(self.check(0, "--json", "trace", "--to", "a&b&c"))["hops"]],
                         ["a", "b", "c"])

    def test_an_app_that_is_not_there_is_said_where_it_would_be(self) -> None:
        self.start()
        self.assertIn("nobody on c: there is no such plugin", self.check(1, "trace", "nobody:x", "--to", "c"))

    def test_no_way_is_said_by_the_host_that_has_none(self) -> None:
        self.start()
        self.c.stop()
        wait_until(lambda: "c" not in self.a.peers(), PATIENCE, "a sees that c is gone")
        self.assertRegex(self.check(4, "trace", "--to", "c"), "c is not reached: there is no way to c")
        self.assertIn("there is no host d in this mesh", self.check(4, "trace", "--to", "d"))

    def test_a_host_that_does_not_answer_is_named(self) -> None:
        self.start()
        assert self.c.process
        self.c.process.send_signal(signal.SIGSTOP)
        try:
            text = self.check(4, "--timeout", "1.5", "trace", "echo:x", "--to", "c")
            self.assertRegex(text, r"c is not reached: no answer in 1.5 s: .*c has yet to say that it came")
        finally:
            self.c.process.send_signal(signal.SIGCONT)

    def test_an_app_that_takes_nothing_is_said(self) -> None:
        self.start()
        with self.a.attach() as sender:
            for _ in range(60):
                sender.send(Datapack("post", "deaf", {"to": "b"}, bytes(60_000)))
            wait_until(lambda: "deaf on b has yet to take" in self.a.ctl("trace", "deaf:x", "--to", "b").stdout,
                       PATIENCE, "there is no credit left")
        self.assertRegex(self.check(1, "trace", "deaf:x", "--to", "b"), r"deaf on b: running, \d+ \(.*\) wait in its mail")

    def test_what_is_no_trace(self) -> None:
        self.start()
        for words in (("trace",), ("trace", "echo:x"), ("trace", "9f86d081884c7d65", "--to", "b")):
            self.assertIn("mswctl: ", self.check(2, *words))


class Flag(Chain):
    def places(self, flag: str, *more: str) -> List[Dict[str, Any]]:
        done = self.a.ctl("--json", "trace", flag, *more)
        return list(json.loads(done.stdout)["places"])

    def place(self, flag: str, on: str, why: str) -> Dict[str, Any]:
        """Wait until it is there for that reason."""
        return dict(wait_until(lambda: [p for p in self.places(flag) if p["on"] == on and re.search(why, p["why"])],
                               PATIENCE, f"{flag} is on {on}: {why}")[0])

    def test_a_question_from_its_sending_to_its_answer(self) -> None:
        self.start()
        with self.a.attach() as asker:
            os.mkfifo(self.b.files / "gate")
            asker.send(Datapack("get", "shell", {"to": "b", "flag": "f2"}, b"cat gate"))
            self.assertEqual(self.place("f2", "a", "no answer has come yet")["where"], "question")
            self.assertEqual(self.place("f2", "b", "shell has it")["where"], "app")
            with open(self.b.files / "gate", "wb"):
                pass
            wait_until(lambda: self.places("f2") == [], PATIENCE, "it is answered")
        self.assertIn('nothing with the flag "f2" is under way from a', self.check(1, "trace", "f2"))

    def test_one_that_has_no_way(self) -> None:
        self.start()
        self.c.stop()
        wait_until(lambda: "c" not in self.a.peers(), PATIENCE, "a sees that c is gone")
        with self.a.attach() as asker:
            asker.send(Datapack("get", "echo", {"to": "c", "flag": "f1"}, b"x"))
            self.assertEqual(self.place("f1", "a", "there is no way to c")["where"], "custody")
        self.assertIn("there is no way to c", self.check(0, "trace", "f1"))

    def test_one_that_a_plugin_does_not_take(self) -> None:
        self.start()
        with self.a.attach() as asker:
            for i in range(60):
                asker.send(Datapack("get", "deaf", {"to": "b", "flag": f"f{i}"}, bytes(60_000)))
            self.place("f59", "a", "of its flow are before it")
            self.place("f5", "b", "deaf has it, or will after those in its mailbox")
        self.assertNotIn("in the queues", self.b.log)  # asking is nothing that a journal need warn of

    def test_a_durable_one_on_every_disk(self) -> None:
        self.start()
        self.c.stop()
        wait_until(lambda: "c" not in self.a.peers(), PATIENCE, "a sees that c is gone")
        with self.a.attach() as asker:
            asker.send(Datapack("get", "late", {"to": "c", "flag": "d1", "durable": "1"}, b"x"))
            self.place("d1", "a", "there is no way to c")
            self.c.add_plugin("late", given.DEAF)
            self.c.start()
            self.assertEqual(self.place("d1", "a", "c has it, and no answer has come yet")["where"], "outbox")
            self.assertEqual(self.place("d1", "c", "late")["where"], "inbox")
            # Another host is asked for what it knows itself.
            there = self.a.ctl("--json", "--host", "c", "trace", "d1")
            self.assertEqual([p["where"] for p in json.loads(there.stdout)["places"]], ["inbox"])

    def test_a_dead_letter_and_why(self) -> None:
        self.start()
        self.c.stop()
        wait_until(lambda: "c" not in self.a.peers(), PATIENCE, "a sees that c is gone")
        with self.a.attach() as asker:
            soon = str(int(time.time()) + 2)
            asker.send(Datapack("get", "echo", {"to": "c", "flag": "d2", "durable": "1", "expires": soon}, b"x"))
            self.assertEqual(self.place("d2", "a", "never sent")["where"], "dead letter")

    def test_a_host_that_cannot_be_asked_is_said(self) -> None:
        self.start()
        with self.a.attach() as asker:
            os.mkfifo(self.c.files / "gate")
            asker.send(Datapack("get", "shell", {"to": "c", "flag": "f1"}, b"cat gate"))
            self.place("f1", "c", "shell has it")
            assert self.c.process
            self.c.process.send_signal(signal.SIGSTOP)
            try:
                text = self.check(0, "--timeout", "1", "trace", "f1")
            finally:
                self.c.process.send_signal(signal.SIGCONT)
            self.assertRegex(text, "asking there: no answer in 1 s")
            with open(self.c.files / "gate", "wb"):
                pass
            assert asker.receive(PATIENCE)


class Watch(Chain):
    def next(self, client: Client, host: str, state: str) -> Dict[str, Any]:
        """Read on until that host is in that state."""
        while True:
            for row in rows(client.receive(PATIENCE)):
                if (row["id"], row["state"]) == (host, state):
                    return row

    def test_a_program_is_told_who_comes_goes_and_is_busy(self) -> None:
        self.b.start()
        self.a.start()
        self.wait_peers(self.a, "b")
        with self.a.attach() as client:
            client.send(watch())
            first = client.receive(PATIENCE)
            self.assertEqual([(r["id"], r["state"], r["via"]) for r in rows(first)], [("b", "up", "")])
            assert first
            self.assertEqual((first.head["part"], first.head["stream"], first.head["from"]), ("0", "1", "net"))
            self.c.start()
            self.assertEqual(self.next(client, "c", "up")["via"], "b")
            assert self.c.process
            self.c.process.send_signal(signal.SIGSTOP)
            self.next(client, "c", "busy")
            self.c.process.send_signal(signal.SIGCONT)
            self.next(client, "c", "up")
            self.c.kill()
            self.next(client, "c", "down")
            client.send(Datapack("get", "net", {"flag": "end"}, b"unwatch watching"))
            last = client.receive(PATIENCE)
            while last and last.head["flag"] == "watching" and "end" not in last.head:
                last = client.receive(PATIENCE)
            assert last
            self.assertEqual((last.head["flag"], last.head.get("end")), ("watching", "1"))

    def test_another_host_is_watched_until_the_asker_leaves(self) -> None:
        self.start()
        with self.a.attach() as client:
            client.send(watch(to="b"))
            self.assertEqual(sorted(r["id"] for r in rows(client.receive(PATIENCE))), ["a", "c"])
        self.c.kill()
        with self.a.attach() as client:
            # Whoever tells b that nobody listens does so for every part; then b gives none any more.
            wait_until(lambda: "c" not in self.b.peers(), PATIENCE, "b sees that c is gone")
            client.send(watch(to="b", flag="other"))
            part = client.receive(PATIENCE)
            self.assertIn(("c", "down"), [(r["id"], r["state"]) for r in rows(part)])
            before = self.unasked()
            self.c.start()
            self.next(client, "c", "up")
            self.assertLessEqual(self.unasked() - before, 1)

    def unasked(self) -> int:
        found = re.search(r"unasked=(\d+)", self.a.ask("net", "status").text)
        assert found
        return int(found[1])

    def test_there_is_a_limit_and_who_left_makes_room(self) -> None:
        self.a.start()
        clients = [self.a.attach() for _ in range(MOST_WATCHERS)]
        try:
            for client in clients:
                client.send(watch())
                self.assertEqual(rows(client.receive(PATIENCE)), [])
            with self.a.attach() as late:
                late.send(watch())
                refused = late.receive(PATIENCE)
                assert refused
                self.assertEqual(refused.head["error"], "queue-full")
                clients.pop().socket.close()

                def has_room() -> bool:
                    late.send(watch())
                    answer = late.receive(PATIENCE)
                    return answer is not None and "error" not in answer.head

                wait_until(has_room, PATIENCE, "there is room again")
        finally:
            for client in clients:
                client.socket.close()

    def test_what_is_no_watch(self) -> None:
        self.a.start()
        self.assertEqual(self.a.ask("net", "watch").head["error"], "bad-request")
        self.assertEqual(self.a.ask("net", "watch", {"stream": "1", "durable": "1"}).head["error"], "unsupported")

    def ctl_watch(self, *more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen([str(self.a.tree / "bin" / "mswctl"), "--socket", self.a.socket, "peers", "--watch",
                                 *more], text=True, stdout=subprocess.PIPE)

    def test_mswctl_prints_a_line_a_change_until_it_is_interrupted(self) -> None:
        self.b.start()
        self.a.start()
        self.wait_peers(self.a, "b")
        with self.ctl_watch() as plain, self.ctl_watch("--json") as objects, self.ctl_watch("--host", "b") as far:
            try:
                assert plain.stdout and objects.stdout and far.stdout
                self.assertRegex(plain.stdout.readline(), r"^\d\d:\d\d:\d\d b: up, direct")
                self.assertEqual(json.loads(objects.stdout.readline())["id"], "b")
                self.assertRegex(far.stdout.readline(), r"a: up, direct")
                self.c.start()
                self.assertRegex(plain.stdout.readline(), r"c: up, via b\n")
                self.assertEqual(json.loads(objects.stdout.readline())["via"], "b")
                self.assertRegex(far.stdout.readline(), r"c: up, direct")
                for watching in (plain, objects, far):
                    watching.send_signal(signal.SIGINT)
                    self.assertEqual(watching.wait(PATIENCE), 0)
            finally:
                for watching in (plain, objects, far):
                    watching.kill()

    def test_mswctl_says_that_mswd_is_gone(self) -> None:
        self.a.start()
        with self.ctl_watch() as watching:
            try:
                wait_until(lambda: any(row["pid"] == watching.pid for row in self.a.json("mswd", "plugins")), PATIENCE)
                self.a.stop()
                self.assertEqual(watching.wait(PATIENCE), 3)
            finally:
                watching.kill()


if __name__ == "__main__":
    unittest.main()
