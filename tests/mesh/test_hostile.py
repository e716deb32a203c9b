"""Bytes from people who mean harm or don't know better: by the control socket, and by a link.

Each is refused with a sentence that says what was wrong, and disturbs nobody else.
"""

import itertools
import os
import socket
import threading
import time
import unittest
from typing import Callable, Iterator, List, Optional, Tuple

import plugins_for_tests as given
from harness.client import Client, Closed
from harness.host import SANITIZED, Host
from harness.mesh import MeshTest
from harness.ports import free_port
from harness.wait import wait_until
from msw import Datapack, Decoder
from old_host import OldHost

MIB = 1024 * 1024

# What is sent, and part of the sentence that it is refused with.
NONSENSE: List[Tuple[str, bytes, str]] = [
    ("no head at all", b"hello\n\n", "first line"),
    ("another protocol", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not an app"),
    ("a version that is none", b"post a msw/7\nlength: 0\n\n", "msw/7"),
    ("no length", b"post a msw/1\nflag: 1\n\n", "length"),
    ("a length that is no number", b"post a msw/1\nlength: ten\n\n", "length"),
    ("a negative length", b"post a msw/1\nlength: -1\n\n", "length"),
    ("a length with a sign", b"post a msw/1\nlength: +1\n\nx", "length"),
    ("a length beyond 64 bits", b"post a msw/1\nlength: 99999999999999999999999\n\n", "length"),
    ("a length of a terabyte", b"post a msw/1\nlength: 1000000000000\n\n", "larger than"),
    ("a doubled length", b"post a msw/1\nlength: 0\nlength: 0\n\n", "length"),
    ("a doubled field", b"post a msw/1\nx-y: 1\nx-y: 2\nlength: 0\n\n", "x-y"),
    ("a NUL in a value", b"post a msw/1\nflag: a\0b\nlength: 0\n\n", "flag"),
    ("a control byte in a value", b"post a msw/1\nflag: a\x07b\nlength: 0\n\n", "flag"),
    ("a control byte in a name", b"post a msw/1\nfl\x07ag: a\nlength: 0\n\n", "field"),
    ("a carriage return", b"post a msw/1\r\nlength: 0\r\n\r\n", "version"),
    ("a value that is not UTF-8", b"post a msw/1\nflag: \xff\xfe\nlength: 0\n\n", "flag"),
    ("an app that is not UTF-8", b"post \xff msw/1\nlength: 0\n\n", "app"),
    ("half a percent escape", b"post a msw/1\nflag: %4\nlength: 0\n\n", "flag"),
    ("an escaped NUL", b"post a msw/1\nflag: a%00b\nlength: 0\n\n", "flag"),
    ("a line without a colon", b"post a msw/1\nflag\nlength: 0\n\n", "name: value"),
    ("a head that never ends", b"post a msw/1\n" + b"".join(b"x-%d: y\n" % i for i in range(20000)), "head"),
    ("a line that never ends", b"post a msw/1\nflag: " + b"y" * 200_000, "head"),
    ("nothing but line ends", b"\n" * 100_000, "first line"),
    ("bytes at random", bytes((i * 7919 + i // 251) % 256 for i in range(70_000)), ""),
]


class Bystander:
    """Somebody who goes on asking, and must be answered all the while."""

    def __init__(self, host: Host, app: str) -> None:
        self.host = host
        self.app = app
        self.answers = 0
        self.error: Optional[BaseException] = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            with self.host.attach() as client:
                while not self.over.is_set():
                    text = str(self.answers)
                    assert client.ask(self.app, text).text == text
                    self.answers += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error

    def __enter__(self) -> "Bystander":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        before = self.answers
        if not self.error:
            wait_until(lambda: self.error or self.answers > before, what="the bystander is answered")
        self.over.set()
        self.thread.join()
        if self.error:
            raise self.error


class Peer:
    """The raw other end of a link to `host`, past the handshake of an old host."""

    def __init__(self, host: Host, name: str, fields: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", host.legacy_port))
        self.socket.settimeout(60)
        self.socket.sendall(f"post handshake msw/0.1\nid: {name}\nfrom: net\nflag: f\n{fields}length: 0\n\n".encode())
        self.decoder = Decoder()
        self.heard: List[Datapack] = []

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def hear(self) -> Optional[Datapack]:
        """The next Datapack; None at the end."""
        while not self.heard:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.heard = self.decoder.feed(data)
        return self.heard.pop(0)

    def hear_all(self) -> Iterator[Datapack]:
        while datapack := self.hear():
            yield datapack

    def wait_closed(self) -> None:
        for _ in self.hear_all():
            pass


def push(sock: socket.socket, data: bytes) -> None:
    """Send; the other end may close in the middle."""
    try:
        sock.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


class ControlSocket(MeshTest):
    def test_nonsense_is_answered_with_what_was_wrong(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        with Bystander(host, "echo"):
            for what, data, because in NONSENSE:
                with self.subTest(what=what), host.attach() as client:
                    push(client.socket, data)
                    client.socket.shutdown(socket.SHUT_WR)
                    self.assertIn(because, self.last_words(client))

    @staticmethod
    def last_words(client: Client) -> str:
        """The sentence of the error that came last before the connection was closed."""
        words = "(no answer)"
        try:
            while (answer := client.receive()) is not None:
                words = f"{answer.head.get('error', 'no error')}: {answer.text}"
        except (Closed, ConnectionResetError):
            pass
        return words

    def test_a_client_that_dies_in_the_middle_leaves_nothing(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        whole = Datapack("post", "echo", {"flag": "half"}, bytes(1000)).encode()
        with Bystander(host, "echo"):
            for cut in (1, 20, len(whole) - 999, len(whole) - 1):
                with host.attach("mine") as client:
                    client.socket.sendall(whole[:cut])
                wait_until(lambda: host.may_attach("mine"), what="its name is free again")
        self.assertNotIn("half", host.log)

    def test_a_client_that_sends_a_byte_at_a_time_is_waited_for_alone(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        with Bystander(host, "echo"), host.attach() as client:
            for byte in Datapack("get", "echo", {"flag": "slow"}, b"slow").encode():
                client.socket.sendall(bytes((byte,)))
            answer = client.receive()
            assert answer
            self.assertEqual(answer.text, "slow")

    def test_descriptors_that_nobody_announced_are_closed(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        before = len(host.descriptors())
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for path, flags in ((self.folder, os.O_RDONLY | os.O_DIRECTORY), (fifo, os.O_RDONLY | os.O_NONBLOCK),
                            (host.config_file, os.O_RDONLY)):
            fd = os.open(path, flags)
            try:
                with self.subTest(path=path.name), host.attach() as client:
                    client.send(Datapack("get", "echo", {"flag": "1"}, b"x"), fd=fd)
                    answer = client.receive()
                    assert answer
                    self.assertEqual(answer.text, "x")
            finally:
                os.close(fd)
        wait_until(lambda: len(host.descriptors()) <= before, what="the daemon has closed them")
        self.assertIn("no Datapack announced", host.log)

    def test_a_file_that_is_none_is_refused(self) -> None:
        host = self.host()
        host.add_plugin("files", given.FILES)
        host.start()
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for path, flags in ((self.folder, os.O_RDONLY | os.O_DIRECTORY), (fifo, os.O_RDONLY | os.O_NONBLOCK)):
            fd = os.open(path, flags)
            try:
                with self.subTest(path=path.name), host.attach() as client:
                    client.send(Datapack("file", "files", {"filename": "x", "fds": "1", "flag": "1"}), fd=fd)
                    self.assertIn("not a regular file", self.last_words(client))
            finally:
                os.close(fd)
        self.assertFalse((host.files / "x").exists())


class Link(MeshTest):
    def setUp(self) -> None:
        super().setUp()
        self.host_ = self.host().gateway_for("crowd", "liar", "slow", "stranger")
        self.host_.add_plugin("echo", given.ECHO)
        self.host_.start()

    def refusals(self) -> int:
        return self.host_.log.count("was closed: ")

    def test_nonsense_closes_the_link_and_is_named_in_the_journal(self) -> None:
        with Bystander(self.host_, "echo"):
            for what, data, because in NONSENSE:
                before = self.refusals()
                with self.subTest(what=what), Peer(self.host_, "stranger") as peer:
                    self.assertIsNotNone(peer.hear())
                    push(peer.socket, data)
                    peer.wait_closed()
                    wait_until(lambda: self.refusals() > before, what="a line says so")  # pylint: disable=W0640
                    line = [x for x in self.host_.log.splitlines() if "was closed: " in x][-1]
                    self.assertIn(because, line.partition("was closed: ")[2])

    def test_nonsense_before_a_handshake_too(self) -> None:
        with Bystander(self.host_, "echo"):
            ports = (self.host_.legacy_port, self.host_.port)
            for (what, data, _), port in itertools.product(NONSENSE, ports):
                with self.subTest(what=what), socket.create_connection(("127.0.0.1", port)) as sock:
                    sock.settimeout(60)
                    push(sock, data)
                    got = self.read_to_end(sock)
                    self.assertLess(len(got), 16, "more than an alert of TLS")

    @staticmethod
    def read_to_end(sock: socket.socket) -> bytes:
        got = b""
        try:
            while data := sock.recv(65536):
                got += data
        except ConnectionResetError:
            pass
        return got

    def test_a_handshake_that_never_ends_has_ten_seconds(self) -> None:
        began = time.monotonic()
        port = self.host_.legacy_port
        with Bystander(self.host_, "echo"), socket.create_connection(("127.0.0.1", port)) as sock:
            word = b"post handshake msw/0.1\nid: slow\nfrom: net\n" + b"x: " + b"y" * 1000
            sock.settimeout(0.5)
            try:
                for byte in word:
                    sock.sendall(bytes((byte,)))
                    try:
                        if not sock.recv(1):
                            break
                    except socket.timeout:
                        pass
            except (BrokenPipeError, ConnectionResetError):
                pass
        self.assertLess(time.monotonic() - began, 30)
        wait_until(lambda: "it has not said who it is within 10 s" in self.host_.log)

    def test_a_peer_that_sends_a_byte_at_a_time_holds_up_nobody(self) -> None:
        with Bystander(self.host_, "echo"), Peer(self.host_, "slow") as peer:
            self.assertIsNotNone(peer.hear())
            for byte in Datapack("get", "echo", {"id": "slow", "from": "t", "flag": "slow"}, b"slow").encode():
                peer.socket.sendall(bytes((byte,)))
            answer = next(d for d in peer.hear_all() if d.method == "reply")
            self.assertEqual(answer.text, "slow")

    def test_what_claims_to_come_from_here_is_not_believed(self) -> None:
        with Peer(self.host_, "liar") as peer:
            peer.socket.sendall(Datapack("get", "mswd", {"id": "liar", "from": "t", "flag": "1", "by": "uid:0"},
                                         b"status").encode())
            answer = next(d for d in peer.hear_all() if d.method == "reply")
            self.assertEqual(answer.head["id"], "miku")

    def test_names_that_lead_outside(self) -> None:
        (self.host_.files).mkdir(exist_ok=True)
        (self.host_.files / "link").symlink_to(self.folder)
        names = ("../up", "/etc/mswd-was-here", "a/../../up", "./x", "a//b", ".msw-x", "link/x", "n" * 256,
                 "/".join(["d" * 200] * 21))
        with Peer(self.host_, "liar") as peer:
            for n, name in enumerate(names):
                with self.subTest(name=name[:40]):
                    peer.socket.sendall(f"file echo msw/1\nid: liar\nfrom: t\nflag: {n}\nfilename: {name}\nlength: 3\n\nabc"
                                        .encode())
                    answer = next(d for d in peer.hear_all() if d.head.get("flag") == str(n))
                    self.assertIn(answer.head.get("error"), ("bad-request", "refused", "io"), answer)
        self.assertFalse((self.host_.state / "up").exists() or (self.folder / "x").exists())
        self.assertEqual(sorted(p.name for p in self.host_.files.iterdir()), ["link"])

    def test_twenty_with_one_id(self) -> None:
        """Twenty programs that call themselves the same: what is kept of them is bounded."""
        peers = [Peer(self.host_, "crowd", "") for _ in range(20)]
        try:
            wait_until(lambda: "crowd" in self.host_.peers())
            wait_until(lambda: sum(self.is_open(p) for p in peers) <= 4, what="four links are kept at most")
        finally:
            for peer in peers:
                peer.socket.close()
        wait_until(lambda: "crowd" not in self.host_.peers())

    @staticmethod
    def is_open(peer: Peer) -> bool:
        peer.socket.setblocking(False)
        try:
            while data := peer.socket.recv(65536):
                del data
            return False
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False

    def test_one_that_calls_itself_as_we_do(self) -> None:
        with Peer(self.host_, "MIKU") as peer:
            peer.wait_closed()
        wait_until(lambda: "our own id" in self.host_.log)
        self.assertEqual(self.host_.peers(), {})


class Deaf(MeshTest):
    """A peer that stops reading."""

    def test_it_costs_others_nothing_and_its_senders_are_told(self) -> None:
        port = free_port()
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.gateway_for(f"deaf 127.0.0.1:{port}")
        listener = socket.create_server(("127.0.0.1", port))
        listener.settimeout(60)
        self.addCleanup(listener.close)
        host.start()
        deaf, _ = listener.accept()
        self.addCleanup(deaf.close)
        deaf.recv(65536)
        deaf.sendall(b"post handshake msw/0.1\nid: deaf\nfrom: net\nflag: f\nlength: 0\n\n")
        wait_until(lambda: "connected to deaf" in host.log)
        body = bytes(4000)
        refused: List[str] = []
        sent = 0
        with Bystander(host, "echo"), host.attach() as client:
            while not refused and sent < 100_000:
                client.send(Datapack("get", "log", {"to": "deaf", "flag": f"q{sent}"}, body))
                sent += 1
                while (answer := client.receive(timeout=0)) is not None:
                    refused.append(answer.head.get("error", "?"))
        self.assertTrue(refused, "400 MB went to somebody who reads nothing")
        self.assertEqual(set(refused), {"queue-full"})
        self.assertLess(host.memory()["RssAnon"], 200 * 1024)


class Flood(MeshTest):
    def test_a_peer_that_floods_is_held_back_and_others_are_served(self) -> None:
        host = self.host().gateway_for("flood")
        host.add_plugin("echo", given.ECHO)
        host.add_plugin("deaf", given.DEAF)
        host.start()
        one = Datapack("post", "deaf", {"id": "flood", "from": "t"}, bytes(64 * 1024)).encode()
        self.flood(host, lambda n: one, MIB * 64)
        self.assertLess(host.memory()["RssAnon"], 100 * 1024 * (3 if SANITIZED else 1))

    def test_a_flood_for_nobody_does_not_fill_the_journal(self) -> None:
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.start()
        with Bystander(host, "echo"), host.attach() as client:
            for n in range(20_000):
                client.send(Datapack("post", "nobody", {"flag": f"{n:x}"}, b""))
                if n % 500 == 499:
                    self.assertEqual(client.ask("echo", "fence").text, "fence")
                    client.arrived.clear()
        self.assertEqual(host.stop(), 0)
        self.assertLess(host.log.count("no plugin"), 3 * 1000 + 10)
        self.assertRegex(host.log, r"[0-9]+ more lines like the 1000 before were left out")

    def flood(self, host: Host, make: Callable[[int], bytes], most: int) -> None:
        """Send until it is not read for a second, or `most` bytes."""
        with Bystander(host, "echo"), Peer(host, "flood") as peer:
            self.assertIsNotNone(peer.hear())
            peer.socket.settimeout(1)
            sent = 0
            try:
                while sent < most:
                    sent += peer.socket.send(make(sent))
            except (socket.timeout, BrokenPipeError, ConnectionResetError):
                pass
            self.assertGreater(sent, MIB)


class OldNeighbour(MeshTest):
    def test_a_value_it_could_not_read_is_refused_here(self) -> None:
        old = OldHost("old", free_port())
        self.addCleanup(old.close)
        host = self.host().gateway_for(f"old 127.0.0.1:{old.port}")
        host.start()
        wait_until(lambda: "old" in host.peers())
        answer = host.ask("log", "x", {"to": "old", "note": "a: b"})
        self.assertEqual(answer.head["error"], "bad-request", answer)
        self.assertIn("note", answer.text)
        self.assertFalse(old.of("log") or old.offences)


if __name__ == "__main__":
    unittest.main()
