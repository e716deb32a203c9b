"""send: a message or a command, and what comes back."""
import json
import os
import tempfile
import unittest

from ctl_test_case import Base, about_itself, shell


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


if __name__ == "__main__":
    unittest.main()
