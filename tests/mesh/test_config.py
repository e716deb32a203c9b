"""One host: the configuration, and how a daemon begins and ends."""

import signal
import subprocess
import unittest

import plugins_for_tests as given
from harness.host import Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack


def check(host: Host, text: str) -> "subprocess.CompletedProcess[str]":
    """What `mswd --check-config` says of `text`."""
    host.config_file.write_text(text)
    return subprocess.run(host.command("--check-config"), text=True, capture_output=True, timeout=30, check=False)


class Config(MeshTest):
    def test_an_empty_one_is_valid(self) -> None:
        done = check(self.host(), "{}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_mistake_is_named_with_file_line_and_column(self) -> None:
        host = self.host()
        for text, line, words in (('{\n  "id": "a",\n  "listen_port": 39oo\n}', 3, ("listen_port", ",", "}")),
                                  ('{\n  "listen_port": "x"\n}', 2, ("listen_port", "number")),
                                  ('{\n\n  "id": "-"\n}', 3, ("id", "letter")),
                                  ('{\n  "plugin_dirs": [\n    7\n  ]\n}', 3, ("plugin_dirs",)),
                                  ("[]", 1, ("object", "{"))):
            with self.subTest(text=text):
                done = check(host, text)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, rf"{host.config_file}:{line}:\d+")
                self.assertTrue(any(word in done.stderr for word in words), done.stderr)

    def test_an_unknown_key_warns_with_the_nearest(self) -> None:
        done = check(self.host(), '{"lisen_port": 3900}')
        self.assertEqual(done.returncode, 0)
        self.assertIn("listen_port", done.stderr)

    def test_it_does_not_start_with_a_mistake(self) -> None:
        host = self.host()
        host.config_file.write_text('{"listen_port": "x"}')
        host.spawn()
        self.assertNotIn(host.wait_end(), (0, 77))
        self.assertIn("config.json:1:", host.log)

    def test_it_refuses_to_listen_beyond_loopback_and_says_why(self) -> None:
        host = self.host(config={"listen_ip": "0.0.0.0"})
        host.spawn()
        wait_until(lambda: "loopback" in host.log, what="the journal says loopback")
        listening = subprocess.run(["cat", "/proc/net/tcp"], text=True, capture_output=True, check=True).stdout
        self.assertNotIn(f"00000000:{host.port:04X}", listening)


class Reload(MeshTest):
    def test_a_good_one_is_taken_and_a_bad_one_refused(self) -> None:
        host = self.host().start()
        good = host.ctl("reload")
        self.assertEqual(good.returncode, 0, good.stderr)
        host.config_file.write_text('{\n  "id": 7\n}')
        bad = host.ctl("reload")
        self.assertNotEqual(bad.returncode, 0)
        self.assertRegex(bad.stderr, r"config\.json:2:\d+")
        self.assertEqual(host.status()["id"], "miku")
        self.assertEqual(host.ask("mswd", "reload").head["error"], "bad-request")

    def test_it_brings_plugins_that_came_and_takes_those_that_went(self) -> None:
        host = self.host().start()
        self.assertEqual(host.ask("late", "").head["error"], "no-such-app")
        path = host.add_plugin("late", given.ECHO)
        self.assertNotIn("error", host.ask("mswd", "reload").head)
        self.assertEqual(host.ask("late", "came").text, "came")
        path.write_text(given.ECHO.replace("d.reply(d.body)", "d.reply(b'changed')"))
        host.ask("mswd", "reload")
        wait_until(lambda: host.ask("late", "").text == "changed", what="it was replaced")
        path.unlink()
        host.ask("mswd", "reload")
        wait_until(lambda: host.ask("late", "").head.get("error") == "no-such-app", what="it went")

    def test_what_waits_for_a_changed_plugin_waits_on(self) -> None:
        host = self.host()
        path = host.add_plugin("late", given.DEAF)
        host.start()
        with host.attach() as client:
            # More than its pipe and one write of mswd's take; the last ones are still in its mailbox.
            for n in range(12):
                client.send(Datapack("get", "late", {"flag": f"question-{n}"}, bytes(100_000)))
            wait_until(lambda: [r for r in host.json("mswd", "queue") if r["app"] == "late" and r["waiting"]],
                       what="questions wait for it")
            path.write_text(given.ECHO)
            self.assertNotIn("error", host.ask("mswd", "reload").head)
            answer = client.receive()
            while answer is not None and answer.head["flag"] != "question-11":
                self.assertNotIn("error", answer.head)
                answer = client.receive()
            self.assertIsNotNone(answer, "the last question was never answered")

    def test_sighup_reloads_too(self) -> None:
        host = self.host().start()
        assert host.process
        host.config_file.write_text('{\n  "id": 7\n}')
        host.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "config.json:2:" in host.log, what="the journal names the mistake")
        self.assertEqual(host.status()["id"], "miku")


class Life(MeshTest):
    def test_a_second_daemon_on_the_same_state_is_refused(self) -> None:
        host = self.host().start()
        second = subprocess.run(host.command(), text=True, capture_output=True, timeout=30, check=False)
        self.assertNotIn(second.returncode, (0, 77))
        self.assertIn(str(host.state), second.stderr)
        self.assertEqual(host.status()["id"], "miku")

    def test_it_starts_again_after_kill_9(self) -> None:
        host = self.host().start()
        host.kill()
        host.start()
        self.assertEqual(host.status()["id"], "miku")

    def test_sigint_ends_it_cleanly_too(self) -> None:
        host = self.host().start()
        assert host.process
        host.process.send_signal(signal.SIGINT)
        self.assertEqual(host.wait_end(), 0)


if __name__ == "__main__":
    unittest.main()
