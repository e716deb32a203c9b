"""Cables that are pulled, addresses that change: hosts in network namespaces."""

import json
import threading
import time
import unittest
from typing import Dict, List, Tuple

import plugins_for_tests as given
from harness.client import Client
from harness.host import PATIENCE, SANITIZED, Host
from harness.network import Cable, NetHost, NetTest
from harness.wait import wait_until
from msw import Datapack

NOTICED = 4.0 if not SANITIZED else 8.0  # without a byte or an acknowledgement for 2.5 s a host is down


SINK = """#!/usr/bin/env python3
from msw import receive_queue, send_queue
for d in receive_queue:
    send_queue.put(d.reply(str(len(d.body))))
"""


class Asker(threading.Thread):
    """Asks all the time, and notes what is answered."""

    def __init__(self, host: Host, to: str) -> None:
        super().__init__()
        self.host = host
        self.to = to
        self.answers: Dict[int, List[str]] = {}
        self.asked = 0
        self.over = threading.Event()

    def run(self) -> None:
        with self.host.attach() as client:
            while not self.over.is_set():
                self.answers[self.asked] = []
                client.send(Datapack("get", "echo", {"to": self.to, "flag": f"{self.asked}"}, b"hello"))
                self.asked += 1
                self.hear(client, 0.01)
            while any(not a for a in self.answers.values()) and self.hear(client, PATIENCE):
                pass

    def hear(self, client: Client, patience: float) -> bool:
        answer = client.receive(patience)
        if answer is not None:
            self.answers[int(answer.head["flag"])].append(answer.head.get("error", answer.text))
        return answer is not None


class Network(NetTest):
    def triangle(self) -> Dict[str, object]:
        a, b, c = (self.net_host(name) for name in ("a", "b", "c"))
        ab, ac, bc = self.cable(a, b), self.cable(a, c), self.cable(b, c)
        a.write_addresses(ab.address(b), ac.address(c))
        c.write_addresses(bc.address(b))
        b.add_plugin("echo", given.ECHO)
        for host in (a, b, c):
            host.start()
        self.wait_peers(a, "b", "c")
        wait_until(lambda: self.way(a, "b") == "", what="a and b are neighbours")
        return {"a": a, "b": b, "c": c, "ab": ab, "ac": ac, "bc": bc}

    @staticmethod
    def way(host: Host, to: str) -> str:
        """Through whom; empty: directly."""
        via: str = host.peers()[to]["via"]
        return via

    def reroutes(self, cut: str) -> None:
        net = self.triangle()
        a, ab = net["a"], net["ab"]
        assert isinstance(a, NetHost) and isinstance(ab, Cable)
        asker = Asker(a, "b")
        asker.start()
        try:
            wait_until(lambda: asker.asked > 50, what="traffic flows")
            began = time.monotonic()
            getattr(ab, cut)()
            wait_until(lambda: self.way(a, "b") == "c", what="it goes the other way")
            self.assertLess(time.monotonic() - began, NOTICED)
            there = asker.asked
            wait_until(lambda: asker.asked > there + 50, what="traffic flows again")
            ab.plug()
            wait_until(lambda: self.way(a, "b") == "", what="it goes directly again")
        finally:
            asker.over.set()
            asker.join()
        self.assertEqual({n: got for n, got in asker.answers.items() if got != ["hello"]}, {}, "each answered, once")

    def test_a_pulled_cable_costs_a_detour_and_nothing_else(self) -> None:
        self.reroutes("pull")

    def test_a_cable_that_swallows_everything_is_noticed(self) -> None:
        self.reroutes("swallow")

    def pair(self) -> Tuple[NetHost, NetHost, Cable]:
        """Two hosts and the cable between them; b has an echo."""
        a, b = self.net_host("a"), self.net_host("b")
        b.add_plugin("echo", given.ECHO)
        return a, b, self.cable(a, b)

    def connect(self, dials: NetHost, other: NetHost, cable: Cable) -> None:
        dials.write_addresses(cable.address(other))
        other.start()
        dials.start()
        self.wait_peers(dials, other.id)
        self.wait_peers(other, dials.id)

    def test_what_is_sent_while_the_only_cable_is_out_comes_when_it_is_back(self) -> None:
        a, b, only = self.pair()
        self.connect(a, b, only)
        only.pull()
        self.wait_peers(a)
        with a.attach() as client:
            for n in range(20):
                durable = {"durable": "1"} if n % 2 else {}
                client.send(Datapack("get", "echo", {"to": "b", "flag": f"{n}", **durable}, b"x"))
            wait_until(lambda: (len(a.json("net", "queue")), len(a.json("mswd", "queue ls")["rows"])) == (10, 10),
                       what="they wait, half of them on disk")
            only.plug()
            answers = [client.receive(PATIENCE) for _ in range(20)]
        self.assertEqual(sorted(int(d.head["flag"]) for d in answers if d), list(range(20)))
        self.assertEqual({d.text for d in answers if d}, {"x"})

    def test_on_a_narrow_road_a_question_is_not_behind_all_that_was_sent_before(self) -> None:
        a, b, only = self.pair()
        b.add_plugin("sink", SINK)
        self.connect(a, b, only)
        only.narrow("2mbit")
        flood = 300
        with a.attach() as sender, a.attach() as asker:
            for n in range(flood):
                sender.send(Datapack("get", "sink", {"to": "b", "flag": f"{n}"}, b"x" * 4000))
            self.assertIsNotNone(sender.receive(PATIENCE), "the flood flows")
            self.assertEqual(asker.ask("echo", "in between", {"to": "b"}, timeout=PATIENCE).text, "in between")
            waiting = sum(d["app"] == "sink" for d in a.json("net", "queue"))
            self.assertGreater(waiting, flood // 2, "most of the flood was asked earlier, and is answered later")
            taken = [sender.receive(PATIENCE) for _ in range(flood - 1)]
        self.assertEqual({d and d.text for d in taken}, {"4000"})

    def test_on_a_narrow_road_what_takes_long_is_sent_once(self) -> None:
        a, b, only = self.pair()
        b.add_plugin("sink", SINK)
        self.connect(a, b, only)
        only.narrow("2mbit")
        with a.attach() as client:
            answer = client.ask("sink", b"x" * 1_000_000, {"to": "b"}, timeout=PATIENCE)
        self.assertEqual(answer.text, "1000000")
        self.assertIn(" resent=0 ", a.ask("net", "status").text, "four seconds on the road aren't silence")

    def test_a_host_whose_address_changes_is_found_again(self) -> None:
        a, b, only = self.pair()
        self.connect(b, a, only)
        only.move(b, 77)
        self.assertEqual(a.ask("echo", "where are you", {"to": "b"}).text, "where are you")
        wait_until(lambda: "77" in json.dumps(a.peers()["b"]), what="a knows where it is now")


if __name__ == "__main__":
    unittest.main()
