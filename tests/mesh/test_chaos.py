"""Hosts that are killed and stopped, and their cables pulled, while durable Datapacks flow: a ledger at each end.

$MSW_CHAOS_S is how many seconds of that ($MSW_CHAOS_SEED: which); tests/run has a few, and a release wants 60.
"""

import os
import random
import signal
import threading
import time
import unittest
from collections import Counter
from typing import List, Sequence, Set

from harness.client import Client
from harness.host import PATIENCE, Host
from harness.mesh import MeshTest
from harness.network import Cable
from harness.wait import wait_until
from msw import Datapack
from test_durable import LEDGER, lines

SECONDS = float(os.environ.get("MSW_CHAOS_S", "8"))
SEED = int(os.environ.get("MSW_CHAOS_SEED", "1"))
BATCH = 50


class Sender(threading.Thread):
    """Sends numbers as durable Datapacks, a batch at a time, and notes which were accepted and which may have been."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.accepted: Set[str] = set()
        self.tried: Set[str] = set()
        self.over = threading.Event()
        self.well = False  # until it has ended as it should

    def batch(self, client: Client, first: int) -> None:
        flags = {}
        for number in range(first, first + BATCH):
            text = f"{number:06}"
            d = Datapack("post", "ledger", {"to": "b", "durable": "1", "want": "accept", "flag": f"f{number}"},
                         text.encode())
            flags[d.head["flag"]] = text
            client.send(d)
            self.tried.add(text)
        while flags:
            answer = client.receive(PATIENCE)
            if answer is None:
                return
            text = flags.pop(answer.head["flag"])
            if answer.text == "b spooled\n":
                self.accepted.add(text)

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            try:
                with self.host.attach() as client:
                    while not self.over.is_set():
                        self.batch(client, number)
                        number += BATCH
            except (OSError, AssertionError, EOFError):
                number += BATCH  # what was under way may or may not have been accepted
                self.wait_for_host()
        self.well = True

    def wait_for_host(self) -> None:
        while not self.over.is_set():
            try:
                with self.host.attach():
                    return
            except (OSError, AssertionError, EOFError):
                self.over.wait(0.05)


class Faults:
    """What befalls hosts and cables, one thing after another."""

    def __init__(self, hosts: Sequence[Host], cables: Sequence[Cable] = ()) -> None:
        self.chance = random.Random(SEED)
        self.hosts = hosts
        self.cables = cables
        self.out: List[Cable] = []

    def go_on(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(0.05, 0.8))
            what = self.chance.random()
            if self.cables and what < 0.6:
                self.cable()
            elif what < 0.9:
                self.kill()
            else:
                self.stop()
        for cable in self.out:
            cable.plug()

    def cable(self) -> None:
        if self.out and self.chance.random() < 0.6:
            self.out.pop(self.chance.randrange(len(self.out))).plug()
            return
        cable = self.chance.choice(self.cables)
        if cable in self.out:
            return
        self.out.append(cable)
        self.chance.choice((cable.pull, cable.swallow))()

    def kill(self) -> None:
        victim = self.chance.choice(self.hosts)
        victim.kill()
        time.sleep(self.chance.choice((0, 0, 0.3)))
        victim.start()

    def stop(self) -> None:
        victim = self.chance.choice(self.hosts)
        assert victim.process
        victim.process.send_signal(signal.SIGSTOP)
        time.sleep(self.chance.uniform(0.1, max(1.5, SECONDS / 4)))
        victim.process.send_signal(signal.SIGCONT)


class Ledgers(MeshTest):
    def flow_through(self, faults: Faults, a: Host, b: Host) -> None:
        """Send from a to b meanwhile, then compare what a accepted with what b's plugin wrote down."""
        sender = Sender(a)
        sender.start()
        try:
            faults.go_on(SECONDS)
        finally:
            sender.over.set()
            sender.join()
        self.assertTrue(sender.well)
        self.assertGreater(len(sender.accepted), BATCH)

        def missing() -> List[str]:
            return sorted(sender.accepted - {line.split()[0] for line in lines(b.files / "ledger")})
        wait_until(lambda: not missing(), timeout=60, what="all that was accepted has come")
        came = lines(b.files / "ledger")
        once = Counter(line for line in came if " " not in line)
        self.assertEqual([t for t, n in once.items() if n > 1], [], "what is not marked came twice")
        self.assertEqual({line.split()[0] for line in came} - sender.tried, set())
        print(f"{self.id()}, seed {SEED}: {len(sender.accepted)} accepted, {len(came)} handed on, "
              f"{sum(' ' in line for line in came)} of them again")


class Chaos(Ledgers):
    def test_nothing_that_was_accepted_is_lost_or_doubled(self) -> None:
        a, b = self.host("a"), self.host("b")
        a.write_addresses(b.address)
        b.write_addresses(a.address)
        b.add_plugin("ledger", LEDGER)
        b.start()
        a.start()
        self.wait_peers(a, "b")
        self.flow_through(Faults((a, b)), a, b)


if __name__ == "__main__":
    unittest.main()
