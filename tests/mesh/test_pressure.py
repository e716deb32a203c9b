"""Pressure on one host: who is slow slows those who flood it, and nobody else; and a ledger in which all of it adds up."""

import json
import threading
import time
import unittest
from pathlib import Path
from typing import Dict, List

import plugins_for_tests as given
from harness.host import BUILD, SANITIZED, Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack

KIB = 1024


class PressureTest(MeshTest):
    def loaded(self, **plugins: str) -> Host:
        """A running host with these plugins, and the module that puts."""
        host = self.host(config={"mailbox_bytes": 256 * KIB}, own_tree=True)
        (host.tree / "lib" / "mswd" / "plugins" / "pressure.so").symlink_to(BUILD / "tests" / "modules" / "pressure.so")
        for name, text in plugins.items():
            host.add_plugin(name, text)
        return host.start()


class Put(PressureTest):
    """What a plugin's put() promises."""

    def press(self, host: Host, bytes_: int, timeout_ms: int, most: int = 1000) -> List[str]:
        return host.ask("pressure", f"deaf {bytes_} {timeout_ms} {most}").text.split()

    def test_without_a_timeout_it_says_at_once_that_there_is_no_room(self) -> None:
        host = self.loaded(deaf=given.DEAF)
        sent, took, said = self.press(host, 16 * KIB, 0)
        self.assertEqual(said, "queue-full")
        self.assertLess(int(took), 1000)
        self.assertGreaterEqual(int(sent), 256 // 16 - 1)
        self.assertLessEqual(host.queue("deaf")["bytes"], 256 * KIB)

    def test_with_a_deadline_it_waits_so_long(self) -> None:
        host = self.loaded(deaf=given.DEAF)
        _, took, said = self.press(host, 16 * KIB, 700)
        self.assertEqual(said, "queue-full")
        self.assertGreaterEqual(int(took), 700)
        self.assertEqual(self.press(host, 16 * KIB, 0)[0], "0", "and nothing of it went in meanwhile")

    def test_without_end_it_waits_until_there_is_room(self) -> None:
        host = self.loaded(slow=given.SLOW)
        most = 60
        with host.attach() as client:
            client.send(Datapack("get", "pressure", {"flag": "1"}, f"slow {16 * KIB} -1 {most}"))
            wait_until(lambda: host.queue("slow")["bytes"] > 230 * KIB, what="its mailbox is full")
            given.let_go(host.plugins / "slow")
            answer = client.receive()
            assert answer
            self.assertEqual(answer.text.split()[0], str(most))
            self.assertEqual(answer.text.split()[2], "ok")
        took = Path(str(host.plugins / "slow") + ".took")
        wait_until(lambda: took.read_text().split() == [str(n) for n in range(most)], what="all came, in order")

    def test_a_put_that_waits_does_not_hold_up_the_stop(self) -> None:
        host = self.loaded(deaf=given.DEAF)
        with host.attach() as client:
            client.send(Datapack("get", "pressure", {"flag": "1"}, f"deaf {16 * KIB} -1 1000"))
            wait_until(lambda: host.queue("deaf")["bytes"] > 230 * KIB, what="its mailbox is full")
            began = time.monotonic()
            self.assertEqual(host.stop(), 0)
            self.assertLess(time.monotonic() - began, 20)


class Ledger(PressureTest):
    """Clients flood fast, slow and deaf plugins and apps that don't exist at once; then each Datapack is looked up."""

    SENDERS = 4
    EACH = 400

    def test_all_of_a_flood_adds_up(self) -> None:
        host = self.loaded(echo=given.ECHO, slow=given.SLOW, deaf=given.DEAF)
        given.let_go(host.plugins / "slow")
        answers: List[Dict[str, str]] = [{} for _ in range(self.SENDERS)]
        threads = [threading.Thread(target=self.ask_many, args=(host, n, answers[n])) for n in range(self.SENDERS)]
        stuck = threading.Thread(target=self.flood_deaf, args=(host,), daemon=True)
        before = self.counters(host)
        stuck.start()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        for n in range(self.SENDERS):
            wanted = {f"{n}-{i}": self.expected(i) for i in range(self.EACH)}
            self.assertEqual(answers[n], wanted)
        after = self.counters(host)
        nobody = self.SENDERS * sum(self.app(i) == "nobody" for i in range(self.EACH))
        self.assertEqual(after["no_such_app"] - before["no_such_app"], nobody)
        self.assertEqual(after["too_slow"], before["too_slow"])
        self.assertLessEqual(host.queue("deaf")["bytes"], 256 * KIB)
        self.assertLess(host.memory()["RssAnon"], 40 * KIB * (4 if SANITIZED else 1))

    @staticmethod
    def app(i: int) -> str:
        return ("echo", "slow", "nobody")[i % 3]

    def expected(self, i: int) -> str:
        return "no-such-app" if self.app(i) == "nobody" else f"{i}:" + "x" * (i % 5000)

    def ask_many(self, host: Host, n: int, answers: Dict[str, str]) -> None:
        """Ask without waiting, and take what comes meanwhile."""
        with host.attach() as client:
            def take(patience: float) -> bool:
                answer = client.receive(timeout=patience)
                if answer is None:
                    return False
                assert answer.head["flag"] not in answers, f"twice: {answer}"
                answers[answer.head["flag"]] = answer.head.get("error", answer.text)
                return True
            for i in range(self.EACH):
                client.send(Datapack("get", self.app(i), {"flag": f"{n}-{i}"}, f"{i}:" + "x" * (i % 5000)))
                while take(0.001):
                    pass
            deadline = time.monotonic() + 100
            while len(answers) < self.EACH and time.monotonic() < deadline:
                take(1)

    @staticmethod
    def flood_deaf(host: Host) -> None:
        try:
            with host.attach() as client:
                while True:
                    client.send(Datapack("post", "deaf", {}, bytes(10_000)))
        except (AssertionError, OSError):
            pass  # it is never read again: that is the test

    @staticmethod
    def counters(host: Host) -> Dict[str, int]:
        return dict(json.loads(host.ask("mswd", "status").body)["counters"])


if __name__ == "__main__":
    unittest.main()
