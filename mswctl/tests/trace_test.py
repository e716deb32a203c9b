"""trace: the command line."""
import json
import unittest

from ctl_test_case import Base, shell


class Trace(Base):
    def test_the_command_line(self):
        daemon = self.daemon()
        for words in ((), ("shell:x",), ("f1", "--to", "rin"), ("f1", "-f", "a=b"), ("shell:x", "--to", "a b")):
            self.assertIn("mswctl: ", self.ctl(daemon, "trace", *words, code=2).stderr)
        self.assertEqual(daemon.seen, [])

    def test_a_refusal_is_one(self):
        daemon = self.daemon(lambda d, conn: [d.error("refused", "policy says no")] if d.app == "net" else None)
        self.assertIn("policy says no", self.ctl(daemon, "trace", "--to", "rin", code=5).stderr)
        self.assertIn("policy says no", self.ctl(daemon, "trace", "f1", code=5).stderr)

    def test_an_older_mswd_says_so(self):
        daemon = self.daemon(lambda d, conn: [d.error("bad-request", "not known")] if d.app == "net" else None)
        self.assertIn("the mswd of miku is older", self.ctl(daemon, "trace", "--to", "rin", code=1).stderr)

    def test_without_net_there_are_the_rows_on_disk(self):
        row = {"box": "dead", "row": 3, "host": "rin", "app": "log", "why": "its time ran out", "maybe_delivered": False}

        def script(d, conn):
            if d.app == "net":
                return [d.error("no-such-app", "there is no net")]
            return [d.reply(json.dumps({"rows": [row], "more": False}))] if d.text == "queue find f1" else None
        self.assertIn("its time ran out (never sent)", self.ctl(self.daemon(script), "trace", "f1").stdout)


if __name__ == "__main__":
    unittest.main()
