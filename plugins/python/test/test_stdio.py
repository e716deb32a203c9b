"""The queues of msw.py, as a program that mswd starts sees them."""

import os
import subprocess
import sys
import unittest
from typing import List, Tuple

from msw import Datapack, Decoder


def run_plugin(program: str, stdin: bytes, claimed: bool = True) -> Tuple[int, List[Datapack], str]:
    """Run `program` with Datapacks on stdin. Gives its status, what it sent to other apps, and its stderr."""
    status, sent, err = run_whole(program, stdin, claimed)
    return status, [d for d in sent if d.app != "mswd"], err


def run_whole(program: str, stdin: bytes, claimed: bool = True) -> Tuple[int, List[Datapack], str]:
    """The same with all that it sent."""
    env = {**os.environ, "MSW_APP": "probe"} if claimed else {k: v for k, v in os.environ.items() if k != "MSW_APP"}
    done = subprocess.run([sys.executable, "-c", program], input=stdin, capture_output=True, env=env, timeout=30,
                          check=False)
    decoder = Decoder()
    sent = decoder.feed(done.stdout)
    assert decoder.between, done.stdout
    return done.returncode, sent, done.stderr.decode()


def asks(*bodies: str) -> bytes:
    return b"".join(Datapack("get", "probe", {"from": "@1", "flag": str(i)}, b).encode() for i, b in enumerate(bodies))


class Stdio(unittest.TestCase):
    def test_answers_in_order_and_ends_with_stdin(self) -> None:
        program = "import msw\nfor d in msw.receive_queue: msw.send_queue.put(d.reply(d.body))"
        status, sent, _ = run_plugin(program, asks("a", "b"))
        self.assertEqual((status, [d.text for d in sent]), (0, ["a", "b"]))

    def test_says_when_it_is_done_with_durable_ones(self) -> None:
        program = "import msw\nfor d in msw.receive_queue: msw.send_queue.put(d.reply(d.body))"
        stdin = Datapack("get", "probe", {"from": "@1", "flag": "f", "durable": "1"}, b"a").encode() + asks("b")
        _, sent, _ = run_whole(program, stdin)
        self.assertEqual([(d.app, d.text, d.head.get("flag")) for d in sent],
                         [("mswd", "attach", None), ("@1", "a", "f"), ("mswd", "done", "f"), ("@1", "b", "0")])
        self.assertEqual(sent[0].head["done"], "1")

    def test_get_without_anybody_catching_closed_ends_with_status_0(self) -> None:
        program = "import msw\nwhile True: msw.send_queue.put(msw.receive_queue.get().reply())"
        status, sent, err = run_plugin(program, asks("a"))
        self.assertEqual((status, len(sent), err), (0, 1, ""))

    def test_an_except_for_everyday_errors_does_not_swallow_the_end(self) -> None:
        program = "import msw\nwhile True:\n  try: msw.receive_queue.get()\n  except Exception: print('swallowed')"
        self.assertEqual(run_plugin(program, b""), (0, [], ""))

    def test_what_prints_or_runs_a_command_goes_to_stderr(self) -> None:
        program = ("import msw, subprocess, sys, os\nprint('printed')\nsubprocess.run(['echo', 'ran'])\n"
                   "os.write(1, b'wrote\\n')\nsys.exit(subprocess.run(['cat']).returncode)")
        status, sent, err = run_plugin(program, asks("not for cat"))
        self.assertEqual((status, sent), (0, []))
        self.assertEqual(sorted(err.split()), ["printed", "ran", "wrote"])

    def test_outside_mswd_stdout_stays_until_the_first_get(self) -> None:
        program = "import msw\nprint('before')\nmsw.receive_queue.get()"
        done = subprocess.run([sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=30, check=False,
                              env={k: v for k, v in os.environ.items() if k != "MSW_APP"})
        self.assertEqual((done.stdout, done.returncode), (b"before\n", 0))

    def test_get_gives_up_in_time(self) -> None:
        program = ("import msw, threading\ntry: msw.receive_queue.get(timeout=0.05)\n"
                   "except msw.Empty: msw.send_queue.put(msw.Datapack('post', 'a', body='gave up'))\n")
        child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 env={**os.environ, "MSW_APP": "probe"})
        assert child.stdin and child.stdout
        self.assertIn(b"gave up", child.stdout.read())  # stdin is open all the while
        child.stdin.close()
        child.stdout.close()
        self.assertEqual(child.wait(30), 0)

    def test_many_threads_put_whole_datapacks(self) -> None:
        program = ("import msw, threading\n"
                   "def put(n):\n"
                   "  for i in range(50): msw.send_queue.put(msw.Datapack('post', 'a', {'n': str(n)}, bytes(9000)))\n"
                   "t = [threading.Thread(target=put, args=(n,)) for n in range(8)]\n"
                   "[x.start() for x in t]; [x.join() for x in t]")
        status, sent, _ = run_plugin(program, b"")
        self.assertEqual((status, len(sent), {len(d.body) for d in sent}), (0, 400, {9000}))

    def test_more_than_may_wait_comes_through(self) -> None:
        program = ("import msw\nn = 0\nfor d in msw.receive_queue: n += len(d.body)\n"
                   "msw.send_queue.put(msw.Datapack('post', 'a', body=str(n)))")
        data = Datapack("post", "probe", body=bytes(300_000)).encode() * 20
        self.assertEqual([d.text for d in run_plugin(program, data)[1]], ["6000000"])

    def test_says_why_it_stops_following(self) -> None:
        status, _, err = run_plugin("import msw\nmsw.receive_queue.get()", b"nonsense\n\n")
        self.assertEqual(status, 0)
        self.assertIn("method app version", err)
        self.assertIn("within a Datapack", run_plugin("import msw\nmsw.receive_queue.get()", b"post a")[2])

    def test_what_cannot_be_written_is_said_and_nothing_is_sent(self) -> None:
        program = ("import msw\ntry: msw.send_queue.put(msw.Datapack('post', 'a b'))\n"
                   "except ValueError: msw.send_queue.put(msw.Datapack('post', 'said'))")
        self.assertEqual([d.app for d in run_plugin(program, b"")[1]], ["said"])


if __name__ == "__main__":
    unittest.main()
