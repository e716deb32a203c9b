"""One host: the configuration, and how a daemon begins and ends."""

import json
import os
import resource
import signal
import subprocess
import unittest
from typing import Any, Dict

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

    def test_a_fault_of_json_says_what_was_found_and_expected(self) -> None:
        host = self.host()
        for text, words in (('{\n  "id": "a",\n  "listen_port": 39oo\n}', ":3:20: found `oo`, expected `,` or `}`"),
                            ('{"id": "a",}', ":1:12: found `}`, expected a name in quotes after the `,`"),
                            ("{'id': 'a'}", ":1:2: found `'` (JSON's quotes are `\"`)")):
            with self.subTest(text=text):
                self.assertIn(f"{host.config_file}{words}", check(host, text).stderr)

    def test_a_file_given_by_hand_must_be_there(self) -> None:
        host = self.host()
        host.config_file.unlink()
        for more in ((), ("--check-config",)):
            done = subprocess.run(host.command(*more), text=True, capture_output=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"{host.config_file}: there is no such configuration", done.stderr)

    def test_check_config_judges_what_start_judges(self) -> None:
        host = self.host()
        for config, words in (({"listen_ip": "nowhere"}, "IP address"),
                              ({"legacy": {"hosts": ["old 192.0.2.1"]}}, "legacy.networks"),
                              ({"legacy": {"hosts": ["old"]}}, "ID ADDRESS"),
                              ({"legacy": {"networks": ["192.0.2.1"]}}, "no network"),
                              ({"legacy": {"hosts": ["old 127.0.0.1"], "listen_ip": "192.0.2.1"}}, "legacy.networks"),
                              ({"proxy": "miku", "onlyproxy": True}, "another host")):
            with self.subTest(config=config):
                done = check(host, json.dumps({"id": "miku", **config}))
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(f"{host.config_file}: net: ", done.stderr)
                self.assertIn(words, done.stderr)
        host.write_addresses("no address at all")
        self.assertIn("address.txt", check(host, "{}").stderr)
        self.assertIn("no folder /nonexistent", check(host, '{"plugin_dirs": ["/nonexistent"]}').stderr)
        (host.state / "id").write_text("-\n")
        done = check(host, "{}")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{host.state}/id", done.stderr)

    def test_every_value_in_range_is_good_for_the_plugins_too(self) -> None:
        mswd = self.host("tool").command()[0]
        rows = json.loads(subprocess.run([mswd, "--help-json"], capture_output=True, check=True).stdout)["settings"]
        for end in ("least", "most"):
            config: Dict[str, Any] = {}
            for row in rows:
                if end in row and row["key"] not in ("listen_port", "mailbox_bytes"):
                    *section, name = row["key"].split(".")
                    (config.setdefault(section[0], {}) if section else config)[name] = row[end]
            with self.subTest(config=config):
                host = self.host(f"at-{end}", config=config).start()
                self.assertEqual(host.ctl("call", "log:a line").returncode, 0)
                host.ctl("call", "shell:true", "--here")
                self.assertNotIn("must be", host.log)

    def test_it_does_not_start_with_a_mistake(self) -> None:
        host = self.host()
        host.config_file.write_text('{"listen_port": "x"}')
        host.spawn()
        self.assertNotIn(host.wait_end(), (0, 77))
        self.assertIn("config.json:1:", host.log)

    def test_it_listens_on_all_addresses_unless_told_otherwise(self) -> None:
        for address, words in (("", "all addresses, port "), ("127.0.0.1", "127.0.0.1:")):
            with self.subTest(address=address):
                host = self.host(f"h{len(self.hosts)}", config={"listen_ip": address}).start()
                self.assertIn(f"listening on {words}", host.log)
                self.assertEqual(host.stop(), 0)

    def test_a_wrong_command_line_is_named(self) -> None:
        host = self.host()
        for words, said in ((("--conf", "x"), "there is no option --conf; did you mean `--config`?"),
                            (("x",), "not expected: x"), (("--state-dir",), "--state-dir")):
            done = subprocess.run([*host.command(), *words], text=True, capture_output=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)
            self.assertIn("`mswd --help`", done.stderr)


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

    def test_what_a_plugin_would_not_start_with_is_refused(self) -> None:
        host = self.host().start()
        host.write_config(listen_ip="nowhere")
        bad = host.ctl("reload")
        self.assertEqual(bad.returncode, 1)
        self.assertIn(f'{host.config_file}: net: "listen_ip" must be an IP address', bad.stderr)
        host.config_file.unlink()
        self.assertIn("there is no such configuration", host.ctl("reload").stderr)
        host.write_config(listen_ip="127.0.0.1", log={"keep": 7}, shell={"parallel": 2})
        self.assertEqual(host.ctl("reload").returncode, 0)
        self.assertIn("`shell.parallel` has changed; that counts after a restart", host.log)
        self.assertNotIn("`log.keep` has changed", host.log)

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
            wait_until(lambda: host.queue("late")["waiting"], what="questions wait for it")
            path.write_text(given.ECHO)
            self.assertNotIn("error", host.ask("mswd", "reload").head)
            errors = {}
            answer = client.receive()
            while answer is not None and answer.head["flag"] != "question-11":
                errors[answer.head["flag"]] = answer.head.get("error", "")
                answer = client.receive()
            assert answer, f"the last question was never answered, only {errors}"
            self.assertNotIn("error", answer.head)
            # What was on its way into the pipe went with the old run, and its asker was told.
            self.assertLessEqual(set(errors.values()), {"", "closed"})
            self.assertLess(list(errors.values()).count("closed"), 6)

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

    def test_its_keys_are_made_once_and_never_overwritten(self) -> None:
        host = self.host().start()
        key = json.loads(host.ask("net", "key").text)
        self.assertRegex(key["key"], r"^([A-Z2-7]{7}-){7}[A-Z2-7]{7}$")
        file = host.state / "host-key"
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        host.kill()
        self.assertEqual(json.loads(host.start().ask("net", "key").text), key)
        host.stop()
        file.write_text(file.read_text()[:100])
        host.spawn()
        wait_until(lambda: f"{file} is damaged: " in host.log, what="the journal names the damaged file")
        self.assertEqual(len(file.read_text()), 100)

    def test_a_crash_leaves_no_core(self) -> None:
        host = self.host()

        def wants_a_core() -> None:
            resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
            os.chdir(host.state)

        with open(host.log_file, "ab") as log:
            process = subprocess.Popen(host.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=wants_a_core)
        host.process = process
        host.wait_ready()
        process.send_signal(signal.SIGQUIT)
        _, status = os.waitpid(process.pid, 0)
        self.assertEqual(os.WTERMSIG(status), signal.SIGQUIT)
        self.assertFalse(os.WCOREDUMP(status), list(host.state.iterdir()))
        process.returncode = -signal.SIGQUIT

    def test_sigint_ends_it_cleanly_too(self) -> None:
        host = self.host().start()
        assert host.process
        host.process.send_signal(signal.SIGINT)
        self.assertEqual(host.wait_end(), 0)


if __name__ == "__main__":
    unittest.main()
