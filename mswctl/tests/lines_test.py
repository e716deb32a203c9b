"""Commands on stdin, a line each."""
import unittest

from ctl_test_case import Base, shell


class Lines(Base):
    """Commands on stdin."""

    def test_all_well(self):
        daemon = self.daemon(shell)
        text = "# a comment\n\nshell:uptime;to:rin\nr\nlog:hello\nstatus\nquit\nnot read\n"
        out = self.ctl(daemon, stdin=text).stdout
        self.assertTrue(out.startswith("rin says uptime\nrin says uptime\n"), out)
        self.assertEqual([d.app for d in daemon.sent()], ["shell", "shell", "log"])

    def test_shortcuts(self):
        daemon = self.daemon(lambda d, conn: [d.reply()] if d.app == "update" else None)
        self.ctl(daemon, stdin="update\n1\n2\n")
        update, one, two = daemon.sent()
        self.assertEqual((update.app, update.text, update.head["update_to"]), ("update", "compress", "*"))
        self.assertEqual((one.app, one.text), ("ffmpeg", "autostart"))
        self.assertEqual((two.text, two.head["to"], two.head["server"]), ("enable", "*", "miku"))

    def test_something_is_wrong(self):
        daemon = self.daemon(shell)
        self.assertIn("no command", self.ctl(daemon, stdin="helo\n", code=2).stderr)
        self.assertIn("refused without --here", self.ctl(daemon, stdin="shell:reboot\n", code=2).stderr)
        self.assertEqual(daemon.sent(), [])
        self.ctl(daemon, "--here", stdin="shell:uptime\n")

    def test_exit_ends_the_daemon(self):
        def script(d, conn):
            if d.text == "exit":
                conn.write(d.reply())
                daemon.stop()
        daemon = self.daemon(script)
        self.assertIn("gone", self.ctl(daemon, stdin="exit\n").stderr)


if __name__ == "__main__":
    unittest.main()
