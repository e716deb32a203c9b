"""One host: the control socket and the app mswd."""

import contextlib
import os
import tempfile
import unittest

import plugins_for_tests as given
from harness.client import Closed, Refused
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack


class Attach(MeshTest):
    def test_a_name_belongs_to_one(self) -> None:
        host = self.host().start()
        with host.attach("mine") as mine:
            self.assertEqual((mine.app, mine.host), ("mine", "miku"))
            with self.assertRaises(Refused) as refused:
                host.attach("mine")
            self.assertEqual(refused.exception.code, "name-taken")
        wait_until(lambda: host.may_attach("mine"), what="the name is free once its owner has gone")

    def test_names_of_plugins_are_reserved_also_while_they_are_down(self) -> None:
        host = self.host()
        host.add_plugin("crash", given.CRASH)
        host.start()
        for app in ("mswd", "net", "shell", "crash", "all", "@7"):
            with self.subTest(app=app):
                with self.assertRaises(Refused) as refused:
                    host.attach(app)
                self.assertIn(refused.exception.code, ("refused", "name-taken", "bad-request"))

    def test_another_proto_is_refused(self) -> None:
        host = self.host().start()
        with host.attach(attach=False) as raw:
            raw.send(Datapack("get", "mswd", {"flag": "1", "proto": "99"}, "attach"))
            answer = raw.receive()
            assert answer
            self.assertEqual(answer.head["error"], "unsupported")
            self.assertRaises(Closed, raw.receive)

    def test_who_does_not_attach_first_is_closed(self) -> None:
        host = self.host().start()
        early = Datapack("get", "mswd", {"flag": "1"}, "status").encode()
        for first in (early, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 40000):
            with self.subTest(first=first[:20]), host.attach(attach=False) as raw:
                raw.socket.sendall(first)
                self.assertRaises(Closed, self._read_to_end, raw)
        self.assertEqual(host.status()["id"], "miku")

    @staticmethod
    def _read_to_end(raw) -> None:  # type: ignore[no-untyped-def]
        while (answer := raw.receive()) is not None:
            assert "error" in answer.head, answer

    def test_whoever_is_too_many_reads_why(self) -> None:
        host = self.host().start()
        with contextlib.ExitStack() as stack:
            for _ in range(512):
                stack.enter_context(host.attach())
            with self.assertRaises(Refused) as refused:
                host.attach()
            self.assertEqual(refused.exception.code, "queue-full")
            self.assertIn("512 programs are connected", str(refused.exception))
            done = host.ctl("status")
            self.assertEqual(done.returncode, 3)
            self.assertIn("512 programs are connected", done.stderr)
            with host.attach(attach=False) as silent:  # asks nothing, and is told all the same
                answer = silent.receive()
                assert answer
                self.assertEqual(answer.head["error"], "queue-full")
                self.assertRaises(Closed, silent.receive)
        wait_until(lambda: host.status()["clients"] == 1, what="there is room again, for the asker alone")

    def test_nonsense_after_attach_is_answered_and_closed(self) -> None:
        host = self.host().start()
        with host.attach() as raw:
            raw.socket.sendall(b"post a msw/1\nx: %zz\nlength: 0\n\n")
            self.assertRaises(Closed, self._read_to_end, raw)
        self.assertEqual(host.status()["id"], "miku")

    def test_a_reply_nobody_asked_for_reaches_nobody(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        with host.attach("victim") as victim, host.attach() as other:
            other.send(Datapack("reply", "victim", {"flag": "1234"}, "believe me"))
            self.assertEqual(other.ask("echo", "fence").text, "fence")
            self.assertEqual(victim.ask("echo", "fence").text, "fence")
            self.assertFalse(victim.arrived)


class Files(MeshTest):
    def test_a_file_passed_along_is_there_when_its_plugin_hears_of_it(self) -> None:
        host = self.host()
        host.add_plugin("files", given.FILES)
        host.start()
        for name, data in (("empty", b""), ("a/b/c.bin", os.urandom(300_000)), ("odd \udcff\n%name", b"x")):
            with self.subTest(name=name), host.attach() as sender, tempfile.TemporaryFile() as file:
                file.write(data)
                file.flush()
                sender.send(Datapack("file", "files", {"filename": name, "fds": "1", "flag": "1"}), fd=file.fileno())
                answer = sender.receive()
                assert answer
                self.assertEqual(answer.text.split()[:2], [str(len(data))] * 2, answer)
                self.assertEqual((host.files / name).read_bytes(), data)

    def test_names_that_lead_outside_are_refused(self) -> None:
        host = self.host()
        host.add_plugin("files", given.FILES)
        host.start()
        host.files.mkdir(exist_ok=True)
        (host.files / "link").symlink_to(self.folder)
        for name in ("../up", "/etc/mswd-was-here", "a/../../up", "./x", ".msw-x", "a/.msw-b", "link/x"):
            with self.subTest(name=name), host.attach() as sender, tempfile.TemporaryFile() as file:
                sender.send(Datapack("file", "files", {"filename": name, "fds": "1", "flag": "1"}), fd=file.fileno())
                answer = sender.receive()
                assert answer
                self.assertIn(answer.head.get("error"), ("bad-request", "refused", "io"), answer)
        self.assertFalse((host.state / "up").exists() or (self.folder / "x").exists())

    def test_a_refused_file_does_not_give_its_descriptor_to_the_next(self) -> None:
        host = self.host()
        host.add_plugin("files", given.FILES)
        host.start()
        with host.attach() as sender, tempfile.TemporaryFile() as bad, tempfile.TemporaryFile() as good:
            bad.write(b"must not be taken")
            good.write(b"good")
            for name, file in (("../bad", bad), ("good", good)):
                file.flush()
                sender.send(Datapack("file", "files", {"filename": name, "fds": "1", "flag": name}), fd=file.fileno())
            answers = {}
            while len(answers) < 2:
                answer = sender.receive()
                assert answer, answers
                answers[answer.head["flag"]] = answer
        self.assertIn("error", answers["../bad"].head)
        self.assertTrue(answers["good"].text.startswith("4 4 "), answers["good"])

    def test_a_descriptor_that_is_no_file_is_refused(self) -> None:
        host = self.host()
        host.add_plugin("files", given.FILES)
        host.start()
        reader, writer = os.pipe()
        try:
            with host.attach() as sender:
                sender.send(Datapack("file", "files", {"filename": "x", "fds": "1", "flag": "1"}), fd=reader)
                self.assertRaises(Closed, self._read_to_end, sender)
        finally:
            os.close(reader)
            os.close(writer)
        self.assertEqual(host.status()["id"], "miku")

    @staticmethod
    def _read_to_end(raw) -> None:  # type: ignore[no-untyped-def]
        while (answer := raw.receive()) is not None:
            if "error" in answer.head:
                raise Closed("refused")


class Self(MeshTest):
    def test_status_tells_what_runs(self) -> None:
        host = self.host().start()
        assert host.process
        status = host.status()
        self.assertEqual((status["id"], status["pid"]), ("miku", host.process.pid))
        self.assertEqual(status["config"], str(host.config_file))
        self.assertEqual(status["state_dir"], str(host.state))

    def test_restart_ends_with_0_and_exit_with_77(self) -> None:
        for word, code in (("restart", 0), ("exit", 77)):
            with self.subTest(word=word):
                host = self.host(f"host-{word}").start()
                answer = host.ask("mswd", word)
                self.assertEqual((answer.method, answer.text, answer.head.get("error")), ("reply", "", None))
                self.assertEqual(host.wait_end(), code)

    def test_an_unknown_word_is_answered_with_an_error(self) -> None:
        self.assertEqual(self.host().start().ask("mswd", "dance").head["error"], "bad-request")

    def test_tail_streams_the_journal(self) -> None:
        host = self.host().start()
        with host.attach() as watcher:
            watcher.send(Datapack("get", "mswd", {"flag": "77", "stream": "1"}, "tail"))
            host.ask("nobody-here", "x")
            parts = []
            while not any("nobody-here" in p.text for p in parts):
                part = watcher.receive()
                assert part, parts
                parts.append(part)
            self.assertEqual([p.head["part"] for p in parts], [str(i) for i in range(len(parts))])

    def test_queue_counts_what_waits(self) -> None:
        host = self.host()
        host.add_plugin("deaf", given.DEAF)
        host.start()
        with host.attach() as sender:
            for _ in range(20):
                sender.send(Datapack("post", "deaf", {}, bytes(20_000)))
            row = wait_until(lambda: host.queue("deaf")["waiting"] and host.queue("deaf"))
            self.assertGreater(row["bytes"], 20_000)
            self.assertLessEqual(row["bytes"], row["limit_bytes"])


if __name__ == "__main__":
    unittest.main()
