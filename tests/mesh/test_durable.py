"""Durable Datapacks: on disk at both ends, once to their plugin, whatever dies in between."""

import time
import unittest
from pathlib import Path
from typing import Any, Dict, List

import plugins_for_tests as given
from harness.host import PATIENCE, Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack

# Writes down what it is given before it asks for more, and answers.
LEDGER = """#!/usr/bin/env python3
import os
from msw import receive_queue, send_queue
book = os.open("ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
for d in receive_queue:
    if d.method == "reply":
        continue
    os.write(book, (d.text + (" again" if "redelivered" in d.head else "") + "\\n").encode())
    if d.method == "get":
        send_queue.put(d.reply("did " + d.text))
"""

# Dies of the first Datapack it gets, three times; then it works.
FRAGILE = """#!/usr/bin/env python3
import os
from msw import receive_queue, send_queue
for d in receive_queue:
    if d.method == "reply":
        continue
    with open("fragile", "a") as f:
        f.write(d.text + (" again" if "redelivered" in d.head else "") + "\\n")
    if len(open("fragile").readlines()) < 4:
        os.abort()
    send_queue.put(d.reply("at last"))
"""

HOPELESS = """#!/usr/bin/env python3
import os
from msw import receive_queue
for d in receive_queue:
    with open("hopeless", "a") as f:
        f.write(d.text + "\\n")
    os.abort()
"""


# Knows nothing of `done`: it says so with its first word, and takes nothing after that.
MUTE = """#!/usr/bin/env python3
import os, signal
os.write(1, b"post log msw/1\\nlength: 5\\n\\nhello")
signal.pause()
"""


def lines(path: Path) -> List[str]:
    return path.read_text().splitlines() if path.exists() else []


class Durable(MeshTest):
    def pair(self) -> List[Host]:
        a, b = self.host("a"), self.host("b")
        a.write_addresses(b.address)
        b.add_plugin("ledger", LEDGER)
        return [a, b]

    def both_up(self) -> List[Host]:
        a, b = self.pair()
        b.start()
        a.start()
        self.wait_peers(a, "b")
        self.wait_peers(b, "a")
        return [a, b]

    def rows(self, host: Host, box: str) -> List[Dict[str, Any]]:
        rows: List[Dict[str, Any]] = host.json("mswd", f"queue ls {box}")["rows"]
        return rows

    def wait_empty(self, host: Host, *boxes: str) -> None:
        for box in boxes:
            wait_until(lambda: self.rows(host, box) == [], what=f"nothing is left in the {box} of {host.id}")

    def typed(self, host: Host, *words: str, exit_code: int = 0) -> str:
        """What mswctl says."""
        run = host.ctl(*words)
        said: str = run.stdout + run.stderr
        self.assertEqual(run.returncode, exit_code, said)
        return said

    def send(self, host: Host, to: str, texts: List[str], **head: str) -> None:
        """Send durable posts, and wait until they are on disk."""
        with host.attach() as client:
            for text in texts:
                fields = {"to": to, "durable": "1", "want": "accept", **head}
                client.send(Datapack("post", "ledger", fields, text.encode()))
            for text in texts:
                answer = client.receive(PATIENCE)
                assert answer
                self.assertEqual(answer.text, f"{to} spooled\n")

    def test_one_that_crosses_is_handed_once_and_answered(self) -> None:
        a, b = self.both_up()
        answer = a.ask("ledger", "one", {"to": "b", "durable": "1"})
        self.assertEqual((answer.text, answer.head["durable"], answer.head["id"]), ("did one", "1", "b"))
        self.assertEqual(lines(b.files / "ledger"), ["one"])
        for host in (a, b):
            self.wait_empty(host, "outbox", "inbox", "dead")

    def test_a_host_that_is_off_gets_them_when_it_is_back_even_after_a_restart_here(self) -> None:
        a, b = self.both_up()
        b.stop()
        texts = [f"number {i}" for i in range(40)]
        self.send(a, "b", texts[:20])
        self.assertEqual(len(self.rows(a, "outbox")), 20)
        a.kill()
        a.start()
        self.assertEqual(len(self.rows(a, "outbox")), 20)
        b.start()
        self.wait_peers(a, "b")
        self.send(a, "b", texts[20:])
        wait_until(lambda: len(lines(b.files / "ledger")) == 40, what="all have come")
        self.assertEqual(lines(b.files / "ledger"), texts)
        for host in (a, b):
            self.wait_empty(host, "outbox", "inbox")

    def test_what_a_plugin_was_not_done_with_comes_again_and_says_so(self) -> None:
        a, b = self.pair()
        b.add_plugin("fragile", FRAGILE)
        b.start()
        a.start()
        self.wait_peers(a, "b")
        answer = a.ask("fragile", "x", {"to": "b", "durable": "1"})
        self.assertEqual(answer.text, "at last")
        self.assertEqual(lines(b.files / "fragile"), ["x", "x again", "x again", "x again"])
        self.wait_empty(b, "inbox", "dead")

    def test_what_a_plugin_is_never_done_with_becomes_a_dead_letter(self) -> None:
        host = self.host()
        host.add_plugin("hopeless", HOPELESS)
        host.start()
        with host.attach() as client:
            client.send(Datapack("post", "hopeless", {"durable": "1", "flag": "f00d"}, b"x"))
        wait_until(lambda: self.rows(host, "dead"), timeout=60, what="it is given up")
        self.assertEqual(len(lines(host.files / "hopeless")), 5)
        dead = self.rows(host, "dead")[0]
        self.assertEqual((dead["app"], dead["flag"], dead["maybe_delivered"]), ("hopeless", "f00d", True))
        self.assertIn("f00d", host.log)

    def test_kill_9_of_either_end_loses_and_doubles_nothing(self) -> None:
        a, b = self.both_up()
        texts = [f"{i:04}" for i in range(600)]
        for i, victim in enumerate((b, a, b, a, b, a)):
            self.wait_peers(a, "b")
            self.send(a, "b", texts[i * 100:(i + 1) * 100])
            victim.kill()
            victim.start()
        wait_until(lambda: {t.split()[0] for t in lines(b.files / "ledger")} == set(texts), timeout=60,
                   what="all have come")
        came = lines(b.files / "ledger")
        once = [t for t in came if " " not in t]
        self.assertEqual(len(once), len(set(once)), "only what is marked may come again")
        for host in (a, b):
            self.wait_empty(host, "outbox", "inbox", "dead")

    def test_an_answer_outlives_whoever_asked(self) -> None:
        a, b = self.both_up()
        b.stop()
        with a.attach() as client:
            client.send(Datapack("get", "ledger", {"to": "b", "durable": "1", "flag": "abcd", "want": "accept"}, b"q"))
            self.assertIsNotNone(client.receive(PATIENCE))
        b.start()
        wait_until(lambda: [r for r in a.json("mswd", "queue ls inbox")["rows"] if r["flag"] == "abcd"],
                   what="the answer has come")
        shown = a.json("mswd", "queue show abcd")["rows"][0]
        self.assertEqual((shown["body"], shown["host"]), ("did q", "b"))

    def test_errors_from_over_there_are_answers_too(self) -> None:
        a, b = self.both_up()
        for app, body, error in (("nobody", "x", "no-such-app"), ("mswd", "bogus", "bad-request")):
            answer = a.ask(app, body, {"to": "b", "durable": "1"})
            self.assertEqual((answer.head["error"], answer.head.get("durable")), (error, "1"))
        self.assertIn('"id"', a.ask("mswd", "status", {"to": "b", "durable": "1"}).text)
        self.assertIn("Online", a.ask("net", "status", {"to": "b", "durable": "1"}).text)
        for host in (a, b):
            self.wait_empty(host, "outbox", "inbox", "dead")

    def test_who_is_not_known_can_be_kept_nothing_for(self) -> None:
        host = self.host()
        host.start()
        answer = host.ask("ledger", "x", {"to": "nobody", "durable": "1"})
        self.assertEqual(answer.head["error"], "no-such-host")

    def test_a_dead_letter_is_tried_again_by_hand(self) -> None:
        host = self.host()
        hopeless = host.add_plugin("hopeless", HOPELESS)
        host.start()
        with host.attach() as client:
            client.send(Datapack("post", "hopeless", {"durable": "1"}, b"x"))
        dead = wait_until(lambda: self.rows(host, "dead"), timeout=60, what="it is given up")[0]
        hopeless.unlink()
        host.add_plugin("hopeless", LEDGER)
        self.assertIn(str(dead["row"]), self.typed(host, "queue", "retry", str(dead["row"])))
        wait_until(lambda: lines(host.files / "ledger") == ["x again"], what="it came once more")
        self.wait_empty(host, "inbox", "dead")

    def test_what_expired_on_its_way_is_tried_again_by_hand(self) -> None:
        a, b = self.both_up()
        b.stop()
        self.send(a, "b", ["late"], expires=str(int(time.time()) + 2))
        dead = wait_until(lambda: self.rows(a, "dead"), what="its time is over")[0]
        self.assertEqual((dead["host"], dead["maybe_delivered"]), ("b", False))
        self.typed(a, "queue", "retry", str(dead["row"]))
        b.start()
        wait_until(lambda: lines(b.files / "ledger") == ["late"], what="it has come")
        self.wait_empty(a, "outbox", "dead")

    def test_what_is_removed_by_hand_is_not_sent(self) -> None:
        a, b = self.both_up()
        b.stop()
        self.send(a, "b", ["one", "two", "three"])
        row = str(self.rows(a, "outbox")[1]["row"])
        self.assertIn(row, self.typed(a, "queue", "rm", row))
        self.assertIn(f'there is no "{row}"', self.typed(a, "queue", "rm", row, exit_code=1))
        b.start()
        self.wait_empty(a, "outbox")
        wait_until(lambda: lines(b.files / "ledger") == ["one", "three"], what="the others have come")

    def test_being_done_with_the_first_while_the_next_are_being_written(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        with host.attach() as client:
            for n in range(40):
                client.send(Datapack("get", "echo", {"durable": "1", "flag": f"{n:04x}", "stamps": "1"}, bytes(64_000)))
            flags = {answer.head["flag"] for answer in (client.receive(PATIENCE) for _ in range(40)) if answer}
        self.assertEqual(len(flags), 40)
        self.wait_empty(host, "inbox", "dead")

    def test_without_a_word_about_done_it_is_done_when_it_is_in_the_pipe(self) -> None:
        host = self.host()
        host.add_plugin("mute", MUTE)
        host.start()
        with host.attach() as client:
            client.send(Datapack("post", "mute", {"durable": "1", "want": "accept"}, b"x"))
            self.assertIsNotNone(client.receive(PATIENCE))
        self.wait_empty(host, "inbox", "dead")

    def test_an_attached_program_that_says_done(self) -> None:
        host = self.host()
        host.start()
        with host.attach("worker", head={"done": "1"}) as worker:
            with host.attach() as client:
                client.send(Datapack("get", "worker", {"durable": "1", "flag": "feed"}, b"job"))
            job = worker.receive(PATIENCE)
            assert job
            self.assertEqual([row["handed"] for row in self.rows(host, "inbox")], [1])
        with host.attach("worker", head={"done": "1"}) as worker:
            job = worker.receive(PATIENCE)
            assert job
            self.assertEqual((job.text, job.head["redelivered"]), ("job", "1"))
            worker.send(Datapack("post", "mswd", {"flag": job.head["flag"]}, b"done"))
            self.wait_empty(host, "inbox")

    def test_a_shell_command_that_was_interrupted_is_not_run_again(self) -> None:
        host = self.host()
        host.start()
        marker = host.files / "ran"
        with host.attach() as client:
            client.send(Datapack("get", "shell", {"durable": "1", "flag": "beef"},
                                 f"echo x >> {marker}; sleep 60".encode()))
            wait_until(marker.exists, what="it runs")
            host.kill()
        host.start()
        wait_until(lambda: [r for r in self.rows(host, "inbox") if r["flag"] == "beef" and r["app"] != "shell"],
                   what="it is answered")
        shown = host.json("mswd", "queue show beef")["rows"][0]
        self.assertEqual(shown["fields"]["error"], "interrupted")
        self.assertEqual(lines(marker), ["x"])


if __name__ == "__main__":
    unittest.main()
