"""mswctl as a person or script meets it: words, exit codes, what goes to stdout and stderr."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest

from fake_daemon import Datapack, FakeDaemon

MSWCTL = os.environ["MSWCTL"]
STATUS = {"id": "miku", "version": "9.9", "pid": 41, "uptime_s": 3725, "program": "/bin/mswd", "config": "/etc/c.json",
          "state_dir": "/var/lib/mswd", "counters": {"delivered": 3, "dropped": 0}, "plugins": 2, "clients": 1}
PEERS = [{"id": "rin", "address": "10.0.0.7:3900", "direction": "out", "since_s": 61, "via": "", "proxy": "",
          "waiting": 2, "waiting_bytes": 2048, "old": False}]


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


class Send(Base):
    def test_a_message_is_taken_and_nothing_is_printed(self):
        daemon = self.daemon()
        done = self.ctl(daemon, "send", "log:hello;colour:green", "-f", "to=rin", "-f", "mood=a=b;c,d", "-f", "x=1")
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        [d] = daemon.sent()
        self.assertEqual((d.method, d.app, d.text), ("post", "log", "hello"))
        head = dict(d.head)
        self.assertRegex(head.pop("flag"), "^[0-9a-f]{16}$")
        self.assertEqual(head, {"colour": "green", "to": "rin", "mood": "a=b;c,d", "x": "1"})

    def test_a_command_waits_for_its_answer(self):
        daemon = self.daemon(shell)
        done = self.ctl(daemon, "send", "shell:uptime", "--to", "rin")
        self.assertEqual(done.stdout, "rin says uptime\n")
        self.assertEqual(daemon.sent()[0].method, "post")

    def test_no_wait(self):
        daemon = self.daemon()
        self.assertEqual(self.ctl(daemon, "send", "shell:uptime", "--to", "rin", "--no-wait").stdout, "")

    def test_wait_for_any_app(self):
        daemon = self.daemon(lambda d, conn: [d.reply("pong\n")] if d.app == "ping" else None)
        self.assertEqual(self.ctl(daemon, "send", "--wait", "ping:x").stdout, "pong\n")
        self.assertEqual(self.ctl(daemon, "send", "--wait=9.5", "ping:x").stdout, "pong\n")

    def test_an_immediate_error_shows(self):
        daemon = self.daemon(lambda d, conn: [d.error("no-such-app", "nobody here is called foo")]
                             if d.app == "foo" else None)
        done = self.ctl(daemon, "send", "foo:x", code=1)
        self.assertEqual(done.stderr, "miku: nobody here is called foo (no-such-app)\n")
        self.assertEqual(done.stdout, "")

    def test_an_immediate_error_of_the_transport_shows(self):
        daemon = self.daemon(lambda d, conn: [d.error("no-such-host", "who is gumi?")] if d.app == "log" else None)
        self.assertIn("gumi: who is gumi?", self.ctl(daemon, "send", "log:x", "--to", "gumi", code=4).stderr)

    def test_a_command_without_target_is_refused(self):
        daemon = self.daemon(shell)
        done = self.ctl(daemon, "send", "shell:reboot", code=2)
        self.assertIn("runs on this host, miku", done.stderr)
        self.assertIn("mswctl send 'shell:reboot;to:HOST'", done.stderr)
        self.assertIn("mswctl send shell:reboot --to HOST", done.stderr)
        self.assertIn("mswctl send shell:reboot --here", done.stderr)
        done = self.ctl(daemon, "send", "update:compress", code=2)
        self.assertIn("mswctl send 'update:compress;update_to:*'", done.stderr)
        self.assertIn("mswctl send update:compress -f update_to='*'", done.stderr)
        self.assertEqual(daemon.sent(), [])

    def test_here_means_this_host(self):
        daemon = self.daemon(shell)
        self.assertEqual(self.ctl(daemon, "send", "shell:uptime", "--here").stdout, "miku says uptime\n")
        self.assertNotIn("to", daemon.sent()[0].head)

    def test_update_prints_every_part(self):
        def update(d, conn):
            if d.app == "update":
                return [d.reply("packed\n", part="0"), d.reply("rin: taken\n", part="1", end="1")]
        daemon = self.daemon(update)
        for words in (["send", "update:compress;update_to:*"], ["update"], ["send", "update:compress", "-f", "update_to=*"]):
            self.assertEqual(self.ctl(daemon, *words).stdout, "packed\nrin: taken\n")
        for d in daemon.sent():
            self.assertEqual((d.text, d.head["update_to"], d.head["stream"]), ("compress", "*", "1"))
        self.ctl(daemon, "update", "rin+len")
        self.assertEqual(daemon.sent()[-1].head["update_to"], "rin+len")

    def test_update_prints_a_line_for_each_host(self):
        def update(last):
            return self.daemon(lambda d, conn: [
                d.reply("on its way to rin and luka\n", part="0"), d.error("timeout", "no answer", part="1", host="luka"),
                d.reply("runs it\n", part="2", host="rin", end="1", **last)] if d.app == "update" else None)
        done = self.ctl(update({}), "update", code=4)
        self.assertEqual(done.stdout, "on its way to rin and luka\nrin: runs it\n")
        self.assertEqual(done.stderr, "luka: no answer (timeout)\n")
        done = self.ctl(update({"error": "unsupported"}), "update", code=1)
        self.assertEqual(done.stderr, "luka: no answer (timeout)\nrin: runs it (unsupported)\n")
        lines = [json.loads(line) for line in self.ctl(update({}), "--json", "update", code=4).stdout.splitlines()]
        self.assertEqual([(row["host"], row.get("error")) for row in lines],
                         [("miku", None), ("luka", "timeout"), ("rin", None)])

    def test_a_file_goes_as_descriptor(self):
        daemon = self.daemon()
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "work", "sub"))
            inside, outside = os.path.join(folder, "work", "sub", "a b.bin"), os.path.join(folder, "out.bin")
            for path in (inside, outside):
                with open(path, "wb") as f:
                    f.write(b"\0content of " + os.path.basename(path).encode())
            cwd = os.path.join(folder, "work")
            for path, name in ((inside, "sub/a b.bin"), ("./sub/../sub/a b.bin", "sub/a b.bin"), (outside, "out.bin"),
                               ("../out.bin", "out.bin")):
                self.ctl(daemon, "send", f"(file)log:{path}", "--to", "rin", cwd=cwd)
                d = daemon.sent()[-1]
                self.assertEqual((d.method, d.app, d.head["filename"], d.head["to"]), ("file", "log", name, "rin"))
                self.assertEqual(d.file, b"\0content of " + os.path.basename(path).encode())
            self.assertIn("No such file", self.ctl(daemon, "send", "(file)log:none", code=2, cwd=cwd).stderr)
            self.assertIn("not a regular file", self.ctl(daemon, "send", "(file)log:sub", code=2, cwd=cwd).stderr)


    def test_a_file_is_there_when_the_question_after_it_is_answered(self):
        daemon = self.daemon()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "notes.txt")
            with open(path, "wb") as f:
                f.write(b"0123456789")
            done = self.ctl(daemon, "send", f"(file)log:{path}", "--to", "rin+len")
            self.assertEqual(done.stdout, "rin: notes.txt is there, 10 B\nlen: notes.txt is there, 10 B\n")
            order = [(d.method, d.app, d.head["to"]) for d in daemon.seen]
            self.assertEqual(order, [("file", "log", "rin"), ("get", "mswd", "rin"),
                                     ("file", "log", "len"), ("get", "mswd", "len")])
            # What was wrong with it comes before the answer to the question, and is the verdict.
            daemon.script = lambda d, conn: ([d.error("no-such-app", "no plugin")] if d.method == "file"
                                             else about_itself(d))
            self.assertEqual(self.ctl(daemon, "send", f"(file)log:{path}", code=1).stderr,
                             "miku: no plugin (no-such-app)\n")
            daemon.script = lambda d, conn: None
            done = self.ctl(daemon, "--timeout", "0.3", "send", f"(file)log:{path}", "--to", "rin", code=4)
            self.assertEqual(done.stderr, "rin: no word in 0.3 s whether notes.txt is there\n")
            daemon.script = lambda d, conn: about_itself(d)
            self.assertEqual(self.ctl(daemon, "send", "--no-wait", f"(file)log:{path}", "--to", "rin").stdout, "")

    def test_a_name_nobody_knows_is_mentioned(self):
        done = self.ctl(self.daemon(), "send", "log:x", "--to", "rim")
        self.assertEqual(done.stderr, "rim: this host is not in reach now; in reach: miku, rin; did you mean `rin`? "
                                      "mswd keeps trying for 152 s\n")


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
