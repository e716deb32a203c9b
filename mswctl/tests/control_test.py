"""reload, restart and exit."""
import json
import unittest

from ctl_test_case import Base


class Control(Base):
    def test_reload(self):
        self.ctl(self.daemon(lambda d, conn: [d.reply()] if d.text == "reload" else None), "reload")
        wrong = "/etc/mswd/config.json: line 3, column 5: a number was expected"
        daemon = self.daemon(lambda d, conn: [d.error("bad-request", wrong)] if d.text == "reload" else None)
        self.assertIn(wrong, self.ctl(daemon, "reload", code=1).stderr)

    def test_restart(self):
        self.ctl(self.daemon(lambda d, conn: [d.reply()] if d.text == "restart" else None), "restart")

    def test_restart_and_wait(self):
        pid = [41]

        def script(d, conn):
            if d.text == "status":
                return [d.reply(json.dumps({"pid": pid[0], "uptime_s": 1}))]
            if d.text == "restart":
                conn.write(d.reply())
                daemon.stop()
                pid[0] = 42
                daemon.start()
        daemon = self.daemon(script)
        self.assertIn("is back", self.ctl(daemon, "restart", "--wait").stderr)

    def test_restart_and_never_back(self):
        def script(d, conn):
            if d.text == "restart":
                conn.write(d.reply())
                daemon.stop()
        daemon = self.daemon(script)
        self.assertIn("not back", self.ctl(daemon, "--timeout", "0.5", "restart", "--wait", code=3).stderr)

    def test_exit(self):
        def script(d, conn):
            if d.text == "exit":
                conn.write(d.reply())
                daemon.stop()
        daemon = self.daemon(script)
        self.assertIn("gone", self.ctl(daemon, "exit").stderr)

    def test_exit_that_does_not(self):
        daemon = self.daemon(lambda d, conn: [d.reply()] if d.text == "exit" else None)
        self.ctl(daemon, "exit", "--timeout", "0.3", code=4)


if __name__ == "__main__":
    unittest.main()
