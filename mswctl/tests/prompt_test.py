"""mswctl on a terminal: the prompt, questions to a person, colours."""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import tempfile
import termios
import time
import unittest

from fake_daemon import FakeDaemon

MSWCTL = os.environ["MSWCTL"]
DEADLINE = 20  # seconds


class Terminal:
    def __init__(self, words, env, columns=80):
        self.text, self.at = "", 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(MSWCTL, [MSWCTL, *words], env)

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern):
        """Read until what came since the last match holds `pattern`; return the match."""
        deadline = time.monotonic() + DEADLINE
        while True:
            found = re.search(pattern, self.text[self.at:], re.S)
            if found:
                self.at += found.end()
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0] or not self.more():
                raise AssertionError(f"{pattern!r} didn't come in {self.text[self.at:]!r}")

    def more(self):
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def end(self):
        """Read to the end; return the exit code."""
        while select.select([self.fd], [], [], DEADLINE)[0] and self.more():
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Prompt(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.asked = {}

        def script(d, conn):
            self.asked[d.app] = (d, conn)
            if d.app == "net":
                return [d.reply(json.dumps(["rin", "len"]))]
            if d.app == "mswd" and d.text == "exit":
                conn.write(d.reply())
                self.daemon.stop()
                return None
            if d.app == "mswd":
                return [d.reply("{}")]
            if d.app == "shell":
                return [d.reply(f"did {d.text}\n\x1b]0;title\x07", {"id": d.head.get("to", "miku"), "exit": "0"})]
            return None

        self.daemon = FakeDaemon(script)
        self.addCleanup(self.daemon.close)

    def terminal(self, *words, columns=80, **env):
        terminal = Terminal(["--socket", self.daemon.path, *words],
                            {"TERM": "xterm", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": self.folder, "HOME": self.folder,
                             **env}, columns)
        self.addCleanup(terminal.close)
        return terminal

    def test_answers_come_above_the_line(self):
        t = self.terminal(columns=40, NO_COLOR="1")
        t.until("miku> ")
        t.type("slow:x\r")
        self.daemon.wait_seen(lambda d: d.app == "slow")
        t.until("miku> ")
        half = "log:half of a line that takes more than one row ü漢"
        t.type(half)
        t.until("漢")
        d, conn = self.asked["slow"]
        conn.write(d.reply("one\ntwo\n", {"id": "rin"}))
        # From the line's first row on the screen is cleared; the answer comes there, then the line again.
        shown = t.until(r"\r\x1b\[1A\x1b\[J(.*)two\r\n(.*漢)")
        self.assertEqual(shown[1], "rin: one\r\nrin: ")
        self.assertIn("miku> log:half of a line", shown[2])
        t.type(", whole\r")
        self.assertEqual(self.daemon.wait_seen(lambda d: d.app == "log").text, half[4:] + ", whole")
        t.until("miku> ")
        t.type("\x04")
        self.assertEqual(t.end(), 0)

    def test_history_and_shortcuts(self):
        t = self.terminal()
        t.until("miku> ")
        t.type("log:first\r")
        t.until("miku> ")
        t.type("help\r")
        t.until("quit.*miku> ")
        t.type("r\r")
        t.until("miku> ")
        t.type("quit\r")
        self.assertEqual(t.end(), 0)
        self.assertEqual([d.text for d in self.daemon.seen if d.app == "log"], ["first", "first"])
        path = os.path.join(self.folder, "mswctl", "history")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        t = self.terminal()
        t.until("miku> ")
        t.type("\x1b[A")
        t.until("log:first")
        t.type(" again\r")
        self.daemon.wait_seen(lambda d: d.text == "first again")

    def test_what_acts_here_is_asked_about(self):
        t = self.terminal()
        t.until("miku> ")
        t.type("shell:reboot\r")
        t.until(r"runs on this host, miku.*\[y/N\] ")
        t.type("\r")
        t.until("miku> ")
        t.type("shell:uptime\r")
        t.until(r"\[y/N\] ")
        t.type("yes\r")
        t.until("did uptime")
        self.assertEqual([d.text for d in self.daemon.seen if d.app == "shell"], ["uptime"])

    def test_exit_is_asked_about(self):
        t = self.terminal()
        t.until("miku> ")
        t.type("exit\r")
        t.until(r"ends mswd.*\[y/N\] ")
        t.type("n\r")
        t.until("miku> ")
        t.type("exit\r")
        t.until(r"\[y/N\] ")
        t.type("y\r")
        t.until("is gone")
        self.assertEqual(t.end(), 0)

    def test_interrupt_drops_the_line(self):
        t = self.terminal()
        t.until("miku> ")
        t.type("log:not this")
        t.until("not this")
        t.type("\x03")
        t.until("miku> ")
        t.type("log:this\r")
        self.assertEqual(self.daemon.wait_seen(lambda d: d.app == "log").text, "this")

    def test_the_daemon_goes_and_comes_back(self):
        t = self.terminal()
        t.until("miku> ")
        t.type("log:kept")
        t.until("kept")
        self.daemon.stop()
        t.until("is gone from.*miku> log:kept")
        self.daemon.start()
        t.until("is back.*miku> log:kept")
        t.type("\r")
        self.daemon.wait_seen(lambda d: d.text == "kept")

    def test_send_asks_a_person(self):
        t = self.terminal("send", "shell:reboot")
        t.until(r"If a `;` was lost.*go on\? \[y/N\] ")
        t.type("n\n")
        self.assertEqual(t.end(), 2)
        t = self.terminal("send", "shell:uptime")
        t.until(r"\[y/N\] ")
        t.type("y\n")
        t.until("did uptime")
        self.assertEqual(t.end(), 0)

    def test_colour_and_foreign_control_characters(self):
        t = self.terminal("call", "shell:x", "--to", "*")
        self.assertEqual(t.end(), 0)
        self.assertIn("\x1b[", t.text)
        self.assertIn("^[]0;title^G", t.text)
        t = self.terminal("call", "shell:x", "--to", "*", NO_COLOR="1")
        self.assertEqual(t.end(), 0)
        self.assertIn("rin: did x\r\n", t.text)
        self.assertNotIn("\x1b", t.text)


if __name__ == "__main__":
    unittest.main()
