"""mswctl and real daemons: what a person types, and the exit code."""

import json
import os
import subprocess
import unittest
from typing import List

import plugins_for_tests as given
from harness.host import PATIENCE, Host
from harness.mesh import MeshTest
from harness.wait import wait_until


class Alone(MeshTest):
    def setUp(self) -> None:
        self.one = self.host()
        self.one.add_plugin("echo", given.ECHO)
        self.one.start()

    def check(self, code: int, *args: str, **kwargs: str) -> "subprocess.CompletedProcess[str]":
        done = self.one.ctl(*args, **kwargs)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout}{done.stderr}")
        return done

    def test_an_answer_is_on_stdout_and_alone(self) -> None:
        self.assertEqual(self.check(0, "call", "echo:a body").stdout, "a body")
        self.assertEqual(self.check(0, "call", "echo:a\\;b\\:c\\\\d").stdout, "a;b:c\\d")

    def test_exit_codes(self) -> None:
        self.check(1, "call", "nobody:x")
        self.check(2, "call", "no colon")
        self.check(2, "--no-such-flag")
        self.check(4, "--timeout", "1", "call", "echo:x", "--to", "nowhere")
        self.one.stop()
        gone = self.check(3, "status").stderr
        self.assertIn(self.one.socket, gone)
        self.assertNotIn("systemctl", gone)  # that starts another one

    def test_exit_says_how_it_comes_back(self) -> None:
        gone = self.check(0, "exit").stderr
        self.assertIn(self.one.socket, gone)
        self.assertNotIn("systemctl", gone)
        assert self.one.process
        self.assertEqual(self.one.wait_end(), 77)

    def test_all_is_no_host_and_what_is_written_instead(self) -> None:
        self.assertIn("all other hosts are written `*`", self.check(2, "call", "echo:x", "--to", "all").stderr)
        self.assertIn("`miku+rin`", self.check(2, "call", "echo:x", "--to", "a,b").stderr)

    def test_a_shell_command_without_a_target_is_refused(self) -> None:
        refused = self.check(2, "send", "shell:echo done")
        self.assertIn("--here", refused.stderr)
        self.assertEqual(refused.stdout, "")
        self.assertIn("done", self.check(0, "--here", "send", "shell:echo done").stdout)

    def test_json(self) -> None:
        self.assertEqual(json.loads(self.check(0, "--json", "status").stdout)["id"], "miku")
        apps = {row["app"] for row in json.loads(self.check(0, "--json", "plugins").stdout)}
        self.assertLessEqual({"echo", "log", "net", "shell", "update", "mswd"}, apps)

    def test_lines_from_stdin_are_commands(self) -> None:
        self.assertEqual(self.one.ctl(stdin="log:first\n\nlog:second\n").returncode, 0)
        lines = wait_until(lambda: self.logged(2), PATIENCE, "two lines")
        self.assertTrue(lines[0].endswith("first") and lines[1].endswith("second"), lines)

    def logged(self, least: int) -> List[str]:
        """The lines of log.txt, once there are so many."""
        lines = [line for p in self.one.state.rglob("log.txt") for line in p.read_text().splitlines()]
        return lines if len(lines) >= least else []

    def test_a_file_is_sent_by_path(self) -> None:
        self.one.add_plugin("files", given.FILES)
        self.one.ask("mswd", "reload")
        source = self.folder / "some file"
        source.write_bytes(b"0123456789")
        done = self.check(0, "send", f"(file)files:{source}")
        self.assertIn("miku: some file is there, 10 B", done.stdout)
        arrived = wait_until(lambda: list(self.one.files.rglob("some file")), PATIENCE, "it arrived")
        self.assertEqual(arrived[0].read_bytes(), b"0123456789")

    def test_tail_shows_lines_as_they_come(self) -> None:
        tail = subprocess.Popen([str(self.one.tree / "bin" / "mswctl"), "--socket", self.one.socket, "tail"],
                                stdout=subprocess.PIPE)
        assert tail.stdout
        seen = b""
        try:
            os.set_blocking(tail.stdout.fileno(), False)

            def shown() -> bool:
                nonlocal seen
                self.one.ask("nobody-at-all", "")
                seen += os.read(tail.stdout.fileno(), 65536)  # BlockingIOError: nothing yet
                return b"nobody-at-all" in seen

            wait_until(shown, PATIENCE, "tail shows it")
        finally:
            tail.kill()
            tail.wait()
            tail.stdout.close()


class Across(MeshTest):
    def pair(self) -> Host:
        a, b = self.host("a"), self.host("b")
        a.write_addresses(b.address)
        b.start()
        a.start()
        self.wait_peers(a, "b")
        return a

    def test_another_host_is_asked_the_same_way(self) -> None:
        a = self.pair()
        self.assertEqual(json.loads(a.ctl("--json", "--host", "b", "status").stdout)["id"], "b")
        self.assertIn("b", a.ctl("peers").stdout)
        some = a.ctl("call", "shell:exit 3", "--to", "b")
        self.assertEqual(some.returncode, 1, some.stderr)

    EACH_WAY = (("call", "shell:hostname", "--to", "bb"), ("--host", "bb", "status"),
                ("send", "--wait", "log:x", "--to", "bb"), ("update", "bb"))

    def test_a_host_that_is_off_is_mentioned_and_still_waited_for(self) -> None:
        a = self.pair()
        self.host("bb")
        for words in self.EACH_WAY:
            with self.subTest(words=words):
                done = a.ctl("--timeout", "2.5", *words)
                self.assertEqual(done.returncode, 4, done.stderr)
                first = done.stderr.splitlines()[0]
                self.assertIn("bb: this host is not in reach now; in reach: a, b; did you mean `b`?", first)
                self.assertIn("no answer in 2.5 s", done.stderr)

    def test_a_name_that_nobody_has_is_refused_at_once(self) -> None:
        a = self.pair()
        for words in self.EACH_WAY:
            with self.subTest(words=words):
                done = a.ctl("--timeout", "20", *words)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertIn("there is no host bb in this mesh; did you mean `b`?", done.stderr)

    def test_a_host_that_comes_late_is_mentioned_and_then_answers(self) -> None:
        a = self.pair()
        c = self.host("c")
        c.write_addresses(a.address)
        call = subprocess.Popen([str(a.tree / "bin" / "mswctl"), "--socket", a.socket, "call", "shell:echo here",
                                 "--to", "c"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert call.stdout and call.stderr
        with call, call.stderr, call.stdout:
            self.assertIn("c: this host is not in reach now", call.stderr.readline())
            c.start()
            self.assertEqual(call.stdout.read(), "here\n")
        self.assertEqual(call.returncode, 0)

    def test_who_sends_a_file_hears_that_it_arrived_or_why_not(self) -> None:
        a = self.pair()
        b = self.hosts[1]
        source = self.folder / "notes.txt"
        source.write_bytes(os.urandom(3_000_000))
        done = a.ctl("send", f"(file)log:{source}", "--to", "b")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "b: notes.txt is there, 2.9 MiB\n")
        self.assertEqual((b.files / "notes.txt").read_bytes(), source.read_bytes())
        refused = a.ctl("send", f"(file)nobody:{source}", "--to", "b")
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertRegex(refused.stderr, r'^b: no plugin "nobody" on b.*\(no-such-app\)')

    def test_the_log_of_another_host_is_written(self) -> None:
        a = self.pair()
        self.assertEqual(a.ctl("send", "log:remember this;to:b").returncode, 0)
        b = self.hosts[1]
        wait_until(lambda: any("remember this" in p.read_text() for p in b.state.rglob("log.txt")), PATIENCE)


if __name__ == "__main__":
    unittest.main()
