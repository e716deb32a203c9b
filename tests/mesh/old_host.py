"""A host of the Python system, written from what is seen on the wire (docs/protocol.md, "Between hosts").

It has the old hosts' habits: it reads 4,096 bytes at a time, closes when a head comes in two pieces, splits a line
at every `: `, and cuts a body that comes in pieces to its last. Of two Datapacks in one recv() a real one leaves the
second lying until more bytes come; this one takes both and counts, as a busy machine may bring them together in spite
of all care on the other side.
"""

import json
import socket
import threading
from typing import Dict, List, NamedTuple, Optional, Tuple

from harness.wait import wait_until


class Seen(NamedTuple):
    """One Datapack as the old host took it."""

    method: str
    app: str
    head: Dict[str, str]
    body: bytes


class Link:
    """One connection of an old host."""

    def __init__(self, owner: "OldHost", sock: socket.socket) -> None:
        self.owner = owner
        self.socket = sock
        self.peer = ""
        self.writing = threading.Lock()

    def send(self, method: str, app: str, head: Dict[str, str], body: bytes = b"") -> None:
        fields = [f"{name}: {value}" for name, value in head.items() if value]
        lines = [f"{method} {app} msw/0.1", *fields, f"length: {len(body)}", "", ""]
        with self.writing:
            self.socket.sendall("\n".join(lines).encode() + body)

    def handshake(self) -> None:
        self.send("post", "handshake", {"id": self.owner.id, "from": "net", "flag": "0000000a",
                                        "listen_port": str(self.owner.port), **self.owner.handshake_fields})

    def serve(self) -> None:
        """Read until the peer closes or breaks what an old host can bear."""
        left = b""
        while data := left or self._recv():
            self.owner.behind += bool(left)
            text, blank, body = data.partition(b"\n\n")
            if not blank:
                self.owner.offences.append(f"a head in two pieces: {data[:80]!r}")
                break
            first, *lines = text.decode().split("\n")
            method, app, _ = first.split(" ")
            head = {}
            for line in lines:
                words = line.split(": ")
                if len(words) != 2:
                    self.owner.offences.append(f"a line it can't split: {line!r}")
                head[words[0]] = words[1]
            length = int(head.get("length", "0"))
            body, left = body[:length], body[length:]
            while len(body) < length and (more := self._recv()):
                body = body + more if method == "file" else more
            if method == "file":
                body, left = body[:length], left or body[length:]
            self.owner.take(self, Seen(method, app, head, body))

    def _recv(self) -> bytes:
        try:
            return self.socket.recv(self.owner.buffsize)
        except OSError:
            return b""


class OldHost:
    """Listens, dials, answers `mht`, and keeps what it is sent."""

    def __init__(self, name: str, port: int, handshake_fields: Optional[Dict[str, str]] = None,
                 buffsize: int = 4096) -> None:
        self.id = name
        self.port = port
        self.buffsize = buffsize
        self.behind = 0  # Datapacks that came behind another in one recv
        self.handshake_fields = handshake_fields or {}
        self.seen: List[Seen] = []
        self.offences: List[str] = []
        self.links: List[Link] = []
        self.mht: List[Tuple[str, int]] = []
        self.proxies: Dict[str, str] = {}
        self.listener = socket.create_server(("127.0.0.1", port))
        self.threads: List[threading.Thread] = []
        self._run(self._accept)

    def _run(self, target, *args) -> None:  # type: ignore[no-untyped-def]
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self._run(self._serve, Link(self, sock), False)

    def dial(self, port: int) -> None:
        """Connect to a host and speak first."""
        self._run(self._serve, Link(self, socket.create_connection(("127.0.0.1", port))), True)

    def _serve(self, link: Link, dialled: bool) -> None:
        self.links.append(link)
        try:
            if dialled:
                link.handshake()
            link.serve()
        except (OSError, ValueError) as error:
            self.offences.append(repr(error))
        finally:
            self.links.remove(link)
            link.socket.close()

    def take(self, link: Link, seen: Seen) -> None:
        if seen.app == "handshake":
            first = not link.peer
            link.peer = seen.head["id"]
            if first and link.socket.getsockname()[1] == self.port:
                link.handshake()  # the peer dialled and has spoken
        elif seen.app == "net" and seen.method == "get" and seen.body == b"mht":
            answer = {"mht": self.mht, "proxy": self.proxies}
            link.send("reply", "net", {"id": self.id, "from": "net", "to": seen.head["id"], "flag": seen.head["flag"]},
                      json.dumps(answer).encode())
        self.seen.append(seen)

    def send(self, peer: str, method: str, app: str, head: Dict[str, str], body: bytes = b"") -> None:
        links = wait_until(lambda: [x for x in self.links if x.peer == peer], what=f"{peer} has answered the handshake")
        links[0].send(method, app, {"id": self.id, **head}, body)

    def of(self, app: str) -> List[Seen]:
        """What came for that app."""
        return [s for s in self.seen if s.app == app]

    def close(self) -> None:
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for link in list(self.links):
            try:
                link.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(10)
