"""call: a question to one host or many, and the exit code for their answers."""
import json
import subprocess
import unittest

from ctl_test_case import MSWCTL, Base, about_itself, shell
from fake_daemon import Datapack


class Call(Base):
    def test_a_name_nobody_knows_is_mentioned_after_a_second(self):
        daemon = self.daemon()
        done = self.ctl(daemon, "--timeout", "2", "call", "x:y", "--to", "rim+rin+MIKU+len&luka", code=4)
        self.assertEqual(done.stderr.splitlines(), [
            "rim: this host is not in reach now; in reach: miku, rin; did you mean `rin`? it is waited for, 2 s in all",
            "len: this host is not in reach now; in reach: miku, rin; it is waited for, 2 s in all",
            "rim: no answer in 2 s", "rin: no answer in 2 s", "MIKU: no answer in 2 s", "luka: no answer in 2 s"])

    def test_another_hosts_mswd_that_nobody_knows_is_mentioned_too(self):
        daemon = self.daemon()
        daemon.script = lambda d, conn: None if "to" in d.head else about_itself(d)
        for words in (["status"], ["peers"], ["reload"], ["exit"]):
            done = self.ctl(daemon, "--timeout", "1.5", "--host", "rim", *words, code=4)
            self.assertIn("rim: this host is not in reach now", done.stderr)

    def test_one_host_gives_the_bare_body(self):
        daemon = self.daemon(lambda d, conn: [d.reply(b"\xff\x00 bytes")] if d.app == "blob" else None)
        done = subprocess.run([MSWCTL, "--socket", daemon.path, "call", "blob:x", "--to", "rin"], capture_output=True,
                              timeout=60, check=True)
        self.assertEqual(done.stdout, b"\xff\x00 bytes")
        self.assertEqual(daemon.sent()[0].method, "get")

    def test_this_host_without_target(self):
        daemon = self.daemon(shell)
        self.assertEqual(self.ctl(daemon, "call", "shell:hostname", "--here").stdout, "miku says hostname\n")

    def test_a_command_without_target_is_refused(self):
        daemon = self.daemon(shell)
        done = self.ctl(daemon, "call", "shell:reboot", code=2)
        self.assertIn("refused without --here", done.stderr)
        self.assertEqual(daemon.sent(), [])

    def test_several_hosts_are_aligned(self):
        daemon = self.daemon(lambda d, conn: [d.reply("one\ntwo\n", id=d.head["to"])] if d.app == "x" else None)
        done = self.ctl(daemon, "call", "x:y", "--to", "kaito+rin")
        self.assertEqual(done.stdout, "kaito: one\nkaito: two\nrin:   one\nrin:   two\n")

    def test_everyone_is_asked_by_name(self):
        daemon = self.daemon(shell)
        done = self.ctl(daemon, "call", "shell:hostname", "--to", "*")
        self.assertEqual(done.stdout, "rin: rin says hostname\nlen: len says hostname\n")
        self.assertEqual([d.head["to"] for d in daemon.sent()], ["rin", "len"])
        self.assertEqual(len({d.head["flag"] for d in daemon.sent()}), 2)

    def test_who_is_silent_is_named(self):
        daemon = self.daemon(lambda d, conn: shell(d, conn) if d.head.get("to") != "len" else None)
        done = self.ctl(daemon, "call", "shell:hostname", "--to", "*", "--timeout", "0.5", code=4)
        self.assertEqual(done.stdout, "rin: rin says hostname\n")
        self.assertEqual(done.stderr, "len: no answer in 0.5 s\n")

    def test_exit_codes_of_answers(self):
        for head, code in (({"exit": "3"}, 1), ({"error": "io"}, 1), ({"error": "refused"}, 5),
                           ({"error": "unreachable"}, 4), ({"error": "timeout"}, 4), ({"error": "new-code"}, 1)):
            daemon = self.daemon(lambda d, conn, head=head: [d.reply("said", **head)] if d.app == "x" else None)
            done = self.ctl(daemon, "call", "x:y", "--to", "rin", code=code)
            self.assertIn("rin: ", done.stderr)

    def test_different_failures_are_some_target_failed(self):
        heads = {"rin": {"error": "refused"}, "len": {"error": "unreachable"}}
        daemon = self.daemon(lambda d, conn: [d.reply("no", **heads[d.head["to"]])] if d.app == "x" else None)
        self.ctl(daemon, "call", "x:y", "--to", "*", code=1)

    def test_an_error_about_a_host_comes_from_elsewhere(self):
        daemon = self.daemon(lambda d, conn: [d.error("unreachable", "39 tries", id="miku")] if d.app == "x" else None)
        self.assertEqual(self.ctl(daemon, "call", "x:y", "--to", "rin", code=4).stderr, "rin: 39 tries (unreachable)\n")

    def test_answers_with_another_flag_are_not_ours(self):
        def other(d, conn):
            if d.app == "x":
                return [Datapack("reply", "@1", "not yours", {"flag": "0123", "id": "rin"}), d.reply("yours\n")]
        self.assertEqual(self.ctl(self.daemon(other), "call", "x:y", "--to", "rin").stdout, "yours\n")

    def test_json(self):
        def answer(d, conn):
            if d.app == "x" and d.head["to"] == "rin":
                return [d.reply("a\n", id="rin", exit="0", **{"from": "x"})]
            return [d.error("refused", "no")] if d.app == "x" else None
        done = self.ctl(self.daemon(answer), "call", "x:y", "--to", "*", "--json", code=5)
        rin, other = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual((rin["host"], rin["app"], rin["exit"], rin["body"]), ("rin", "x", 0, "a\n"))
        self.assertEqual(rin["fields"]["id"], "rin")
        self.assertNotIn("error", rin)
        self.assertEqual((other["host"], other["error"], other["body"]), ("len", "refused", "no"))

    def test_a_missing_answer_is_json_too(self):
        done = self.ctl(self.daemon(), "--json", "--timeout", "0.2", "call", "x:y", "--to", "rin", code=4)
        self.assertEqual(json.loads(done.stdout)["error"], "timeout")

    def test_who_everyone_is_can_not_be_found_out(self):
        daemon = self.daemon(lambda d, conn: [d.error("no-such-app", "no net here")] if d.app == "net" else None)
        self.assertIn("no net here", self.ctl(daemon, "call", "x:y", "--to", "*", code=1).stderr)
        daemon = self.daemon(lambda d, conn: [d.reply("[]")] if d.app == "net" else None)
        self.assertIn("mswctl peers", self.ctl(daemon, "call", "x:y", "--to", "*", code=4).stderr)

    def test_the_daemon_goes_meanwhile(self):
        daemon = self.daemon(lambda d, conn: conn.close() if d.app == "x" else None)
        self.ctl(daemon, "call", "x:y", code=3)

    def test_host_is_a_target(self):
        daemon = self.daemon(shell)
        self.assertEqual(self.ctl(daemon, "--host", "rin", "call", "shell:id").stdout, "rin says id\n")


if __name__ == "__main__":
    unittest.main()
