"""status, peers, plugins, queue and tail: what mswd says about itself."""
import json
import signal
import subprocess
import unittest

from ctl_test_case import KEY, MSWCTL, PEERS, STATUS, Base, shell


class Info(Base):
    def test_status(self):
        out = self.ctl(self.daemon(), "status").stdout
        self.assertIn("miku", out)
        self.assertIn("up 1 h 2 min", out)
        self.assertIn("delivered: 3", out)
        self.assertRegex(out, r"peers +1\n")
        self.assertEqual(json.loads(self.ctl(self.daemon(), "status", "--json").stdout), STATUS)

    def test_status_without_net(self):
        daemon = self.daemon(lambda d, conn: [d.error("no-such-app", "net isn't loaded")] if d.app == "net" else None)
        self.assertIn("none: net isn't loaded", self.ctl(daemon, "status").stdout)

    def test_tables(self):
        daemon = self.daemon()
        self.assertRegex(self.ctl(daemon, "peers").stdout, r"HOST +ADDRESS.*\nrin +10.0.0.7:3900 +out +1 min 1 s .*2 \(2 KiB\)\n")
        plugins = self.ctl(daemon, "plugins").stdout
        self.assertRegex(plugins, r"foo +executable +waiting +77 +3 +1 \(300 B\)\n  last error: exit status 1\n")
        queue = self.ctl(daemon, "queue").stdout
        self.assertRegex(queue, r"shell +1 +300 B +1 MiB\n")
        self.assertRegex(queue, r"len +log +ab +9 B +4\n")
        self.assertEqual(json.loads(self.ctl(daemon, "peers", "--json").stdout), PEERS)
        self.assertEqual(len(json.loads(self.ctl(daemon, "queue", "--json").stdout)), 2)
        for command in ("status", "peers", "plugins", "queue"):
            self.assertLessEqual(max(map(len, self.ctl(daemon, command).stdout.splitlines())), 80)

    def test_another_host(self):
        daemon = self.daemon()
        self.ctl(daemon, "plugins", "--host", "rin")
        self.assertEqual(daemon.seen[0].head["to"], "rin")

    def test_key(self):
        daemon = self.daemon()
        self.assertEqual(self.ctl(daemon, "key").stdout, KEY["key"] + "\n")
        self.assertEqual(json.loads(self.ctl(daemon, "--json", "key", "show").stdout), KEY)
        self.ctl(daemon, "key", "show", "--host", "rin")
        self.assertEqual(daemon.seen[-1].head["to"], "rin")
        self.assertIn("WORD: shw not in {show,rotate}", self.ctl(daemon, "key", "shw", code=2).stderr)

    def test_refused(self):
        daemon = self.daemon(lambda d, conn: [d.error("refused", "policy says no")] if d.app == "mswd" else None)
        self.assertIn("policy says no", self.ctl(daemon, "--host", "rin", "status", code=5).stderr)

    def test_tail_until_interrupted(self):
        daemon = self.daemon(lambda d, conn: [d.reply("first", part="0"), d.reply("second\n", part="1")]
                             if d.text == "tail" else None)
        with subprocess.Popen([MSWCTL, "--socket", daemon.path, "tail"], stdout=subprocess.PIPE, text=True) as tail:
            self.assertEqual([tail.stdout.readline(), tail.stdout.readline()], ["first\n", "second\n"])
            self.assertEqual(daemon.seen[0].head["stream"], "1")
            tail.send_signal(signal.SIGINT)
            self.assertEqual(tail.wait(20), 0)
        self.assertEqual(self.ctl(daemon, "tail", "--timeout", "0.2").stdout, "first\nsecond\n")


class Watch(Base):
    """peers --watch: what `net:watch` tells."""

    def watched(self, *parts):
        def script(d, conn):
            if d.text != "watch":
                return None
            return [d.reply(body, {"stream": "1", "part": str(i), **head}) for i, (body, head) in enumerate(parts)]
        return self.daemon(script)

    def test_lines_and_objects(self):
        rin = {"id": "rin", "state": "up", "since_s": 3, "via": "", "old": False, "round_trip_ms": 0}
        parts = [(json.dumps([rin, {**rin, "id": "len", "old": True}]), {}), ("[]", {}),
                 (json.dumps([{**rin, "state": "busy"}, {"id": "luka", "state": "up", "via": "rin", "since_s": 0}]), {}),
                 (json.dumps([{**rin, "state": "down"}]), {"end": "1"})]
        done = self.ctl(self.watched(*parts), "peers", "--watch")
        self.assertEqual([line[9:] for line in done.stdout.splitlines()],
                         ["rin: up, direct, below 1 ms", "len: up, old, direct, below 1 ms", "rin: busy, direct",
                          "luka: up, via rin", "rin: down"])
        done = self.ctl(self.watched(*parts), "--json", "peers", "--watch")
        self.assertEqual([json.loads(line)["state"] for line in done.stdout.splitlines()],
                         ["up", "up", "busy", "up", "down"])

    def test_how_it_ends(self):
        slow = self.watched(("it was not taken", {"error": "too-slow", "end": "1"}))
        self.assertIn("miku: it was not taken (too-slow)", self.ctl(slow, "peers", "--watch", code=4).stderr)
        full = self.watched(("64 watch", {"error": "queue-full"}))
        self.assertIn("queue-full", self.ctl(full, "peers", "--watch", code=1).stderr)
        self.assertIn("gave no list of hosts", self.ctl(self.watched(("{}", {"end": "1"})), "peers", "--watch").stderr)
        self.ctl(self.watched(("[]", {})), "peers", "--watch", "--timeout", "0.2")

    def test_another_host_is_asked_for_long(self):
        daemon = self.watched(("[]", {"end": "1"}))
        self.ctl(daemon, "peers", "--watch", "--host", "rin")
        [d] = [d for d in daemon.seen if d.text == "watch"]
        self.assertEqual((d.head["to"], d.head["stream"]), ("rin", "1"))
        self.assertGreater(int(d.head["expires"]), 1_700_000_000)
        self.ctl(daemon, "peers", "--watch")
        self.assertNotIn("expires", daemon.seen[-1].head)


if __name__ == "__main__":
    unittest.main()
