"""Two, three and five hosts."""

import os
import threading
import unittest
from pathlib import Path
from typing import List, Set, Tuple

import plugins_for_tests as given
from harness.host import PATIENCE, Host, connect_each
from harness.mesh import MeshTest
from harness.wait import holds_for, wait_until
from msw import Datapack

GOSSIP = 12.0  # addresses and proxies travel every 10 s
RETRY = 5.0  # what can't be sent is tried again every 3.9 s


def ends(host: Host) -> Set[Tuple[str, str]]:
    """The established TCP connections of a daemon, as (local, remote) in hex."""
    inodes = set()
    for fd in host.descriptors():
        try:
            inodes.add(os.readlink(fd))
        except OSError:
            continue  # closed in between
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {(row[1], row[2]) for row in rows if row[3] == "01" and f"socket:[{row[9]}]" in inodes}


def connections(a: Host, b: Host) -> int:
    """How many connections both have, one end each. (A host that hears its own address dials itself to find out.)"""
    there = ends(b)
    return sum((remote, local) in there for local, remote in ends(a))


def met(asker: Host, other: Host) -> bool:
    """Whether the asker has dialled that address, and knows who answers there."""
    return f" {other.address} {other.id} " in asker.ask("net", "status").text


class Two(MeshTest):
    def pair(self) -> List[Host]:
        a, b = self.host("a"), self.host("b")
        a.write_addresses(b.address)
        b.add_plugin("echo", given.ECHO)
        return [a, b]

    def test_a_question_crosses_and_its_answer_comes_back(self) -> None:
        a, b = self.pair()
        b.start()
        a.start()
        self.wait_peers(a, "b")
        self.wait_peers(b, "a")
        answer = a.ask("echo", bytes(range(256)), {"to": "b", "odd": "a: b\n%\udcff"})
        self.assertEqual((answer.body, answer.head["id"], answer.head["from"]), (bytes(range(256)), "b", "echo"))
        self.assertNotIn("to", answer.head)
        stamped = a.ask("echo", "", {"to": "b", "stamps": "1"}).text
        self.assertIn('"id": "a"', stamped)

    def test_an_unknown_app_over_there_is_answered_with_an_error(self) -> None:
        a, b = self.pair()
        b.start()
        a.start()
        answer = a.ask("nobody", "x", {"to": "b"})
        self.assertEqual((answer.head["error"], answer.head["id"]), ("no-such-app", "b"))

    def test_a_peer_that_comes_up_late_gets_what_waits(self) -> None:
        a, b = self.pair()
        a.start()
        with a.attach() as asker:
            asker.send(Datapack("get", "echo", {"to": "b", "flag": "1"}, b"patience"))
            wait_until(lambda: a.json("net", "queue"), what="it waits")
            self.assertEqual(a.json("net", "queue")[0]["to"], "b")
            b.start()
            answer = asker.receive(PATIENCE)
        assert answer
        self.assertEqual((answer.text, answer.head.get("error")), ("patience", None))
        wait_until(lambda: a.json("net", "queue") == [], what="its receipt has come")

    def test_both_dial_at_once_and_one_connection_stays(self) -> None:
        for round_ in range(3):
            with self.subTest(round=round_):
                a, b = self.host(f"a{round_}"), self.host(f"b{round_}")
                connect_each([a, b])
                a.spawn()
                b.spawn()
                a.wait_ready()
                b.wait_ready()
                self.wait_peers(a, b.id)
                self.wait_peers(b, a.id)
                # The later of two attempts may come a second after the first, if nobody listened there yet.
                for asker, other in ((a, b), (b, a)):
                    wait_until(lambda: met(asker, other), PATIENCE, f"{asker.id} has dialled {other.id}")
                wait_until(lambda: connections(a, b) == 1, PATIENCE, "one connection")
                self.assertTrue(holds_for(lambda: connections(a, b) == 1, 1))
                self.assertEqual({a.peers()[b.id]["direction"], b.peers()[a.id]["direction"]}, {"in", "out"})
                self.assertEqual(a.ask("mswd", "status", {"to": b.id}).head["id"], b.id)
                self.assertEqual(b.ask("mswd", "status", {"to": a.id}).head["id"], a.id)

    def test_a_peer_that_was_killed_is_dialled_again(self) -> None:
        a, b = self.pair()
        b.start()
        a.start()
        self.wait_peers(a, "b")
        b.kill()
        self.wait_peers(a)
        b.start()
        self.assertEqual(a.ask("echo", "again", {"to": "b"}).text, "again")

    def test_a_flood_of_questions_is_answered_whole_and_in_order(self) -> None:
        a, b = self.pair()
        b.start()
        a.start()
        self.wait_peers(a, "b")
        wanted = [f"{i} {'x' * (i % 97)}" for i in range(3000)]
        got: List[str] = []
        with a.attach() as asker:
            for at in range(0, len(wanted), 100):
                for text in wanted[at:at + 100]:
                    asker.send(Datapack("get", "echo", {"to": "b"}, text))
                while len(got) < at + 100 and (answer := asker.receive()):
                    got.append(answer.text)
        self.assertEqual(got, wanted)


    def test_a_program_that_takes_nothing_holds_up_nobody_else(self) -> None:
        a, b = self.pair()
        b.start()
        a.start()
        self.wait_peers(a, "b")
        with a.attach() as flooder:
            with b.attach("never"):
                for _ in range(60):
                    flooder.send(Datapack("get", "never", {"to": "b"}, b"x" * 50000))
                self.assertEqual(a.ask("echo", "meanwhile", {"to": "b"}).text, "meanwhile")
                wait_until(lambda: len(a.json("net", "queue")) in range(1, 60), what="the rest waits at its origin")
            # It has left: whatever had not reached it is answered. The kernel had taken the first ones for it.
            wait_until(lambda: a.json("net", "queue") == [], what="nothing waits any more")
            for _ in range(40):
                told = flooder.receive(PATIENCE)
                assert told
                self.assertIn(told.head["error"], ("closed", "no-such-app"))
                self.assertEqual(told.head["id"], "b")

    def test_who_floods_another_host_waits_and_nobody_else(self) -> None:
        a, b = self.pair()
        b.add_plugin("slow", given.SLOW)
        b.start()
        a.start()
        self.wait_peers(a, "b")
        most = 40
        with a.attach() as flooder:

            def send_all() -> None:
                for n in range(most):
                    flooder.send(Datapack("post", "slow", {"to": "b", "number": str(n)}, bytes(1 << 20)))

            flood = threading.Thread(target=send_all, daemon=True)
            flood.start()
            wait_until(lambda: "held back, as" in a.ask("net", "status").text, what="it is held back")
            for n in range(20):
                self.assertEqual(a.ask("echo", str(n), {"to": "b"}).text, str(n))
            self.assertTrue(flood.is_alive(), "40 MiB are taken though none is used")
            given.let_go(b.plugins / "slow")
            flood.join(PATIENCE)
            self.assertFalse(flood.is_alive())
        took = Path(f"{b.plugins / 'slow'}.took")
        everything = [str(n) for n in range(most)]
        wait_until(lambda: took.exists() and took.read_text().split() == everything, what="all came, in order")
        self.assertIn(" queue-full=0 ", a.ask("net", "status").text)


class Relay(MeshTest):
    """a - p - b, where b may be reached through p only."""

    def chain(self) -> List[Host]:
        a, p = self.host("a"), self.host("p")
        b = self.host("b", config={"proxy": "p", "onlyproxy": True})
        a.write_addresses(p.address)
        b.write_addresses(p.address, a.address)
        b.add_plugin("echo", given.ECHO)
        for host in (p, a, b):
            host.start()
        self.wait_peers(p, "a", "b")
        self.wait_peers(a, "p", "b")
        return [a, p, b]

    def test_a_forced_way_and_its_answer(self) -> None:
        a, _, _ = self.chain()
        answer = a.ask("echo", "by hand", {"to": "p&b"})
        self.assertEqual((answer.text, answer.head["id"]), ("by hand", "b"))

    def test_the_proxy_is_learned_and_b_has_one_connection(self) -> None:
        a, _, b = self.chain()
        self.assertEqual(wait_until(lambda: a.peers()["b"], GOSSIP + PATIENCE, "a hears of b")["via"], "p")
        self.assertEqual(a.ask("echo", "by itself", {"to": "b"}).head["id"], "b")
        wait_until(lambda: len(ends(b)) == 1, PATIENCE, "b has one connection (it tries a again now and then)")
        self.assertEqual({x.head["id"] for x in a.ask_all("mswd", "status", {"to": "*"}, answers=2)}, {"p", "b"})

    def test_kill_9_of_the_relay(self) -> None:
        a, p, _ = self.chain()
        wait_until(lambda: a.peers()["b"], GOSSIP + PATIENCE, "a hears of b")
        self.assertEqual(a.ask("echo", "before", {"to": "b"}).text, "before")
        p.kill()
        wait_until(lambda: "p" not in a.peers(), what="a has seen it")
        with a.attach() as asker:
            asker.send(Datapack("get", "echo", {"to": "b", "flag": "1"}, b"meanwhile"))
            self.assertIsNone(asker.receive(0.5))
            p.start()
            answer = asker.receive(GOSSIP + RETRY + PATIENCE)
        assert answer
        self.assertEqual((answer.text, answer.head.get("error")), ("meanwhile", None))


class Five(MeshTest):
    def test_from_one_address_each_to_everybody(self) -> None:
        hosts = [self.host(name) for name in ("h1", "h2", "h3", "h4", "h5")]
        for host, before in zip(hosts[1:], hosts):
            host.write_addresses(before.address)  # a chain: each knows the one before it
        for host in hosts:
            host.start()
        ids = {host.id for host in hosts}
        for host in hosts:
            self.wait_peers(host, *ids - {host.id}, timeout=4 * GOSSIP + PATIENCE)
        for host in hosts:
            answers = host.ask_all("shell", "echo $0; exit 7", {"to": "*"}, answers=4)
            self.assertEqual({(a.head["id"], a.head["exit"]) for a in answers}, {(i, "7") for i in ids - {host.id}})
        self.assertEqual(sorted(hosts[0].json("net", "targets h3+h2")), ["h2", "h3"])
        self.assertEqual(set(hosts[0].json("net", "targets *")), ids - {"h1"})

        called = hosts[2].ctl("call", "shell:echo hi", "--to", "*")
        self.assertEqual(called.returncode, 0, called.stderr)
        self.assertEqual(called.stdout.count("hi"), 4)
        for other in ids - {"h3"}:
            self.assertIn(other, called.stdout + called.stderr)

        hosts[4].kill()
        for host in hosts[:4]:
            wait_until(lambda h=host: "h5" not in h.peers(), PATIENCE, f"{host.id} misses h5")
        answers = hosts[0].ask_all("shell", "true", {"to": "*"}, answers=3)
        self.assertEqual({a.head["id"] for a in answers}, {"h2", "h3", "h4"})


if __name__ == "__main__":
    unittest.main()
