"""A program attached to a control socket, made of the codec of msw.py."""

import array
import select
import socket
import time
from collections import deque
from typing import Any, Deque, Dict, List, Optional, Union

from msw import Datapack, Decoder, new_flag

CHUNK = 256 * 1024


class Refused(AssertionError):
    """The daemon refused to attach; `code` says why."""

    def __init__(self, answer: Datapack) -> None:
        super().__init__(f"{answer.head.get('error')}: {answer.text}")
        self.code = answer.head.get("error", "")


class Closed(AssertionError):
    """The daemon closed the connection."""


class Client:
    """One connection. Use as a context manager."""

    def __init__(self, path: str, app: str = "", attach: bool = True, timeout: float = 20,
                 head: Optional[Dict[str, str]] = None) -> None:
        self.timeout = timeout
        self.decoder = Decoder()
        self.arrived: Deque[Datapack] = deque()
        self.socket = socket.socket(socket.AF_UNIX)
        self.app = self.host = ""
        try:
            self.socket.settimeout(timeout)
            self.socket.connect(path)
            if attach:
                self._attach(app, head or {})
        except BaseException:
            self.socket.close()
            raise

    def _attach(self, app: str, head: Dict[str, str]) -> None:
        answer = self.ask("mswd", "attach", {"proto": "1", "app": app, **head})
        if "error" in answer.head:
            raise Refused(answer)
        self.app = answer.head["app"]
        self.host = answer.head["host"]

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, datapack: Datapack, fd: Optional[int] = None) -> None:
        data = datapack.encode()
        if fd is None:
            self.socket.sendall(data)
            return
        sent = self.socket.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))])
        self.socket.sendall(data[sent:])

    def receive(self, timeout: Optional[float] = None) -> Optional[Datapack]:
        """The next Datapack; None if none came in time. Raises Closed."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not self.arrived:
            left = deadline - time.monotonic()
            if not select.select([self.socket], [], [], max(0.0, left))[0]:
                return None
            try:
                data = self.socket.recv(CHUNK)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed("the daemon closed the connection")
            self.arrived += self.decoder.feed(data)
        return self.arrived.popleft()

    def ask(self, app: str, body: Union[bytes, str] = b"", head: Optional[Dict[str, str]] = None,
            method: str = "get", timeout: Optional[float] = None) -> Datapack:
        """Ask one question, and give its answer."""
        return self.ask_all(app, body, head, method, timeout, answers=1)[0]

    def ask_all(self, app: str, body: Union[bytes, str] = b"", head: Optional[Dict[str, str]] = None,
                method: str = "get", timeout: Optional[float] = None, answers: int = 1) -> List[Datapack]:
        """Ask one question, and give that many answers, in the order they came."""
        question = Datapack(method, app, {"flag": new_flag(), **(head or {})}, body)
        self.send(question)
        out: List[Datapack] = []
        while len(out) < answers:
            answer = self.receive(timeout)
            if answer is None:
                asked = f"{app}:{question.text[:80]} {head or ''}"
                raise AssertionError(f"{len(out)} of {answers} answers to {asked}: {out}")
            if answer.head.get("flag") == question.head["flag"]:
                out.append(answer)
        return out


def ask(path: str, app: str, body: Union[bytes, str] = b"", head: Optional[Dict[str, str]] = None,
        **kwargs: Any) -> Datapack:
    """Attach, ask one question, and give its answer."""
    with Client(path) as client:
        return client.ask(app, body, head, **kwargs)
