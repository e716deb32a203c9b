"""What the tests of mswctl share: a fake mswd that knows about itself, and mswctl against it."""
import json
import os
import subprocess
import unittest

from fake_daemon import FakeDaemon

MSWCTL = os.environ["MSWCTL"]
STATUS = {"id": "miku", "version": "9.9", "pid": 41, "uptime_s": 3725, "program": "/bin/mswd", "config": "/etc/c.json",
          "state_dir": "/var/lib/mswd", "counters": {"delivered": 3, "dropped": 0}, "plugins": 2, "clients": 1}
PEERS = [{"id": "rin", "address": "10.0.0.7:3900", "direction": "out", "since_s": 61, "via": "", "proxy": "",
          "waiting": 2, "waiting_bytes": 2048, "old": False}]

KEY = {"key": "-".join(["ABCDEFG"] * 8), "sign": "0a" * 32, "seal": "0b" * 32}


def about_itself(d, conn=None):
    """What mswd and net say about themselves."""
    if d.app == "mswd":
        answers = {
            "status": STATUS,
            "plugins": [{"app": "shell", "kind": "module", "state": "running", "pid": 0, "restarts": 0, "queue": 0,
                         "queue_bytes": 0, "last_error": "", "path": "/p/shell.so"},
                        {"app": "foo", "kind": "executable", "state": "waiting", "pid": 77, "restarts": 3, "queue": 1,
                         "queue_bytes": 300, "last_error": "exit status 1", "path": "/p/foo"}],
            "queue": [{"app": "shell", "waiting": 1, "bytes": 300, "limit_bytes": 1048576}],
        }
        return [d.reply(json.dumps(answers[d.text]))] if d.text in answers else None
    if d.app == "net":
        word, _, rest = d.text.partition(" ")
        if word == "targets":
            return [d.reply(json.dumps(["rin", "len"] if "*" in rest else rest.split("+")))]
        if word == "peers":
            return [d.reply(json.dumps(PEERS))]
        if word == "key":
            return [d.reply(json.dumps(KEY))]
        if word == "queue":
            return [d.reply(json.dumps([{"to": "len", "app": "log", "flag": "ab", "bytes": 9, "tries": 4}]))]
    return None


class Base(unittest.TestCase):
    def daemon(self, script=lambda d, conn: None, **more):
        daemon = FakeDaemon(lambda d, conn: script(d, conn) or about_itself(d, conn), **more)
        self.addCleanup(daemon.close)
        return daemon

    def ctl(self, daemon, *words, code=0, stdin="", cwd=None, env=None):
        path = daemon if isinstance(daemon, str) else daemon.path
        done = subprocess.run([MSWCTL, "--socket", path, *words], input=stdin, capture_output=True, text=True,
                              timeout=60, cwd=cwd, env={**os.environ, **(env or {})})
        self.assertEqual(done.returncode, code, f"{words}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done


def shell(d, conn):
    if d.app != "shell":
        return None
    host = d.head.get("to", "miku")
    return [d.reply(f"{host} says {d.text}\n", id=host, exit="0", **{"from": "shell"})]
