"""One host: what a plugin may expect."""

import json
import os
import shutil
import unittest
from pathlib import Path

import plugins_for_tests as given
from harness.host import BUILD
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack


def runs(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Languages(MeshTest):
    def test_a_plugin_in_each_language_answers(self) -> None:
        host = self.host(own_tree=True)
        shutil.copy(given.EXAMPLES / "hello.py", host.plugins / "hello_py.py")
        shutil.copy(given.EXAMPLES / "hello.sh", host.plugins / "hello_sh.sh")
        shutil.copy(BUILD / "examples" / "hello_cpp.so", host.tree / "lib" / "mswd" / "plugins")
        host.start()
        for app in ("hello_py", "hello_sh", "hello_cpp"):
            with self.subTest(app=app):
                self.assertEqual(host.ask(app, "you").text, "hello, you")
        odd = bytes(range(1, 256)) * 20
        for app in ("hello_py", "hello_cpp"):
            self.assertEqual(host.ask(app, odd).body, b"hello, " + odd)

    def test_the_shell_answers_with_output_and_exit_code(self) -> None:
        host = self.host().start()
        answer = host.ask("shell", "echo out; exit 3")
        self.assertEqual((answer.text, answer.head["exit"]), ("out\n", "3"))


class Forwarding(MeshTest):
    def test_an_unknown_app_is_answered_with_an_error(self) -> None:
        host = self.host().start()
        answer = host.ask("nobody", "x")
        self.assertEqual((answer.method, answer.head["error"]), ("reply", "no-such-app"))
        wait_until(lambda: "nobody" in host.log, what="a line of the journal names it")

    def test_several_apps_get_a_copy_each(self) -> None:
        host = self.host()
        host.add_plugin("one", given.ECHO)
        host.add_plugin("two", given.ECHO)
        host.start()
        answers = host.ask_all("one&two", "copy", {}, answers=2)
        self.assertEqual([(a.head["from"], a.text) for a in sorted(answers, key=lambda a: a.head["from"])],
                         [("one", "copy"), ("two", "copy")])

    def test_all_means_plugins_and_not_attached_programs(self) -> None:
        host = self.host()
        host.add_plugin("one", given.ECHO)
        host.add_plugin("two", given.ECHO)
        host.start()
        with host.attach("bystander") as bystander, host.attach() as asker:
            asker.send(Datapack("post", "all", {"flag": "12"}, "to all"))
            got = set()
            while not {"one", "two"} <= got:
                answer = asker.receive()
                assert answer, f"only {got} answered"
                got.add(answer.head["from"])
            self.assertEqual(bystander.ask("one", "fence").text, "fence")
            self.assertFalse(bystander.arrived)

    def test_stamps_cannot_be_forged(self) -> None:
        host = self.host()
        host.add_plugin("forger", given.FORGER)
        host.add_plugin("echo", given.ECHO)
        host.start()
        forged = {"id": "elsewhere", "from": "shell", "by": "uid:4711", "stamps": "1"}
        with host.attach("victim") as victim:
            seen = json.loads(victim.ask("echo", "x", forged).text)
            self.assertEqual((seen["id"], seen["from"], seen["by"]), ("miku", "victim", f"uid:{os.getuid()}"))
            victim.send(Datapack("post", "forger", {}, "victim"))
            got = victim.receive()
            assert got
            self.assertEqual((got.head["id"], got.head["from"], got.head["by"]), ("miku", "forger", "plugin:forger"))

    def test_a_deaf_plugin_holds_up_nobody_else(self) -> None:
        host = self.host()
        host.add_plugin("deaf", given.DEAF)
        host.add_plugin("echo", given.ECHO)
        host.start()
        before = host.memory()["RssAnon"]
        with host.attach() as flooder:
            flooder.socket.setblocking(False)
            flood = Datapack("post", "deaf", {}, bytes(1 << 20)).encode()
            sent = 0
            for _ in range(200):
                try:
                    sent += flooder.socket.send(flood[sent % len(flood):])
                except BlockingIOError:
                    self.assertEqual(host.ask("echo", "still here").text, "still here")
                    break
            self.assertEqual(host.ask("echo", "here too").text, "here too")
            self.assertLess(host.memory()["RssAnon"] - before, 48 * 1024)


class Supervision(MeshTest):
    def test_a_crashed_plugin_is_started_again(self) -> None:
        host = self.host()
        host.add_plugin("phoenix", given.CRASH_ONCE)
        host.start()
        wait_until(lambda: host.plugin("phoenix")["restarts"] == 1, what="it was started again")
        self.assertEqual(host.ask("phoenix", "").text, "second life")

    def test_the_pause_doubles(self) -> None:
        host = self.host()
        starts = Path(str(host.add_plugin("crash", given.CRASH)) + ".starts")
        host.start()
        wait_until(lambda: len(starts.read_text().split()) >= 4, 30, "four starts")
        times = [float(t) for t in starts.read_text().split()]
        pauses = [b - a for a, b in zip(times, times[1:])]
        for pause, least in zip(pauses, (0.5, 1.0, 2.0)):
            self.assertGreaterEqual(pause, least - 0.05)
            self.assertLess(pause, least * 2 + 2)
        row = host.plugin("crash")
        self.assertIn("3", row["last_error"])
        self.assertGreaterEqual(row["restarts"], 3)
        self.assertIn("about to fail", host.log)

    def test_a_plugin_that_will_not_end_is_ended_with_its_children(self) -> None:
        host = self.host()
        path = host.add_plugin("stubborn", given.STUBBORN)
        host.start()
        pids = [int(wait_until(lambda e=end: Path(f"{path}.{e}").read_text().strip())) for end in ("child", "self")]
        self.assertTrue(all(runs(pid) for pid in pids))
        self.assertEqual(host.stop(), 0)
        wait_until(lambda: not any(runs(pid) for pid in pids), what="both are gone")

    def test_plugins_says_what_each_is(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        host.ask("echo", "x")
        with host.attach("visitor"):
            kinds = {row["app"]: (row["kind"], row["state"]) for row in host.json("mswd", "plugins")}
        self.assertEqual(kinds["echo"], ("executable", "running"))
        self.assertEqual(kinds["visitor"], ("client", "running"))
        self.assertEqual(kinds["mswd"][0], "self")
        for shipped in ("log", "net", "shell", "update"):
            self.assertEqual(kinds[shipped], ("module", "running"))


if __name__ == "__main__":
    unittest.main()
