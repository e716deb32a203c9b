"""What mswctl says where no daemon is, or the words are wrong."""
import os
import socket
import subprocess
import tempfile
import unittest

from ctl_test_case import MSWCTL, Base, shell


class Usage(Base):
    def test_no_daemon(self):
        done = self.ctl("/nonexistent/control.sock", "status", code=3)
        for word in ("there is no control socket /nonexistent/control.sock", "--runtime-dir", "--socket", "MSW_SOCKET"):
            self.assertIn(word, done.stderr)
        self.assertNotIn("systemctl", done.stderr)  # that starts another one
        self.ctl("/nonexistent/control.sock", code=3)

    @unittest.skipIf(os.path.exists("/run/mswd/control.sock"), "a real mswd runs here")
    def test_no_service(self):
        env = {k: v for k, v in os.environ.items() if k != "MSW_SOCKET"}
        done = subprocess.run([MSWCTL, "status"], env=env, timeout=60, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("systemctl start mswd", done.stderr)

    def test_a_socket_nobody_listens_at(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as left:
            path = os.path.join(folder, "control.sock")
            left.bind(path)
            self.assertIn("nobody listens at " + path, self.ctl(path, "status", code=3).stderr)

    def test_a_socket_of_others(self):
        daemon = self.daemon()
        os.chmod(daemon.path, 0)
        somebody = {"user": 65534} if os.getuid() == 0 else {}  # root may use every socket
        done = subprocess.run([MSWCTL, "--socket", daemon.path, "status"], timeout=60, capture_output=True, text=True,
                              check=False, **somebody)
        self.assertEqual(done.returncode, 3)
        self.assertIn("this user may not use the control socket " + daemon.path, done.stderr)

    def test_a_daemon_that_does_not_answer(self):
        daemon = self.daemon()
        daemon.script = lambda d, conn: None
        self.ctl(daemon, "--timeout", "0.2", "status", code=4)
        self.ctl(daemon, "--timeout", "0.2", "send", "log:x", code=4)

    def test_a_daemon_that_refuses(self):
        daemon = self.daemon(attach=lambda d: d.error("refused", "not for you"))
        self.assertIn("not for you", self.ctl(daemon, "status", code=3).stderr)

    def test_the_socket_from_the_environment(self):
        done = subprocess.run([MSWCTL, "status"], env={**os.environ, "MSW_SOCKET": self.daemon().path}, timeout=60,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0)

    def test_words_that_are_wrong(self):
        for words, said in ((["statsu"], "did you mean `status`?"), (["send"], "SPEC"), (["send", "nonsense"], "no `:`"),
                            (["status", "--jsn"], "did you mean `--json`?"), (["send", "shell:ls", "-l"], "in quotes"),
                            (["send", "x:y", "-f", "a"], "NAME=VALUE"), (["send", "x:y", "-f", "id=a"], "daemon"),
                            (["send", "x:y;to:a", "--to", "b"], "twice"), (["call", "x:y", "--to", "a++b"], "target"),
                            (["call", "(file)x:y"], "`send` sends a file"), (["call", "a&b:x"], "one app"),
                            (["status", "--timeout", "0"], "seconds"), (["send", "x:y", "--wait=x"], "seconds"),
                            (["send", "x:y", "--wait", "--no-wait"], "which is meant")):
            done = self.ctl("/nonexistent/control.sock", *words, code=2)
            self.assertIn(said, done.stderr, words)
            self.assertEqual(done.stdout, "")

    def test_help_has_an_example(self):
        for command in ("call", "exit", "peers", "plugins", "queue", "reload", "restart", "send", "status", "tail", "trace",
                        "update"):
            self.assertIn(f"  mswctl {command}", self.ctl("/nonexistent", command, "--help").stdout)
        self.assertIn("  mswctl call", self.ctl("/nonexistent", "--help").stdout)
        self.assertRegex(self.ctl("/nonexistent", "--version").stdout, r"^mswctl \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
