"""Plugins of mswd in Python: a receive queue, a send queue, a Datapack.

    #!/usr/bin/env python3
    from msw import receive_queue, send_queue

    for asked in receive_queue:
        if asked.method != "reply":
            send_queue.put(asked.reply("hello, " + asked.text))

Put such a file, executable, into a plugin folder, and mswd starts it; its name without the ending is its app.

mswd talks to it on stdin and stdout. Both are taken away from the rest of the program, so that neither print() nor a
command it runs can come between: what they write goes to stderr, and from there into the journal.

Values and names are str. Bytes that are not UTF-8 stand in them as os.fsdecode() makes them ("surrogateescape").
"""

from __future__ import annotations

import collections
import os
import queue
import re
import secrets
import sys
import threading
from typing import Deque, Dict, Iterator, List, Optional, Union

__all__ = ["Closed", "Datapack", "Decoder", "DecodeError", "Empty", "new_flag", "receive_queue", "send_queue"]

HEAD_LIMIT = 16 * 1024
FIELD_LIMIT = 128
BODY_LIMIT = 16 * 1024 * 1024
WAITING_LIMIT = 1024 * 1024  # bytes that wait in this program before it stops reading

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")
_APP = re.compile(r"[A-Za-z0-9_.@&-]{1,255}\Z")
_ODD = re.compile(r"[\x00-\x1f\x7f%\udc80-\udcff]")
_ESCAPE = re.compile(rb"%(?:([0-9A-Fa-f]{2}))?")

Empty = queue.Empty  # what get() raises when its time is over


class Closed(SystemExit):
    """mswd wants this program to end. Nobody has to catch it: left alone, it ends the program with status 0."""

    def __init__(self) -> None:
        super().__init__(0)


class DecodeError(ValueError):
    """The bytes are no Datapacks; the stream can't be followed any more."""


def new_flag() -> str:
    """A flag to know the answer by: 16 hex digits."""
    return secrets.token_hex(8)


class Datapack:
    """Head and body. `head` is a plain dict of str; `length` is not in it: it follows from the body."""

    def __init__(self, method: str = "post", app: str = "", head: Optional[Dict[str, str]] = None,
                 body: Union[bytes, str] = b"", version: str = "msw/1") -> None:
        self.method = method
        self.app = app
        self.head: Dict[str, str] = dict(head or {})
        self.body: bytes = _bytes(body)
        self.version = version

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "surrogateescape")

    def reply(self, body: Union[bytes, str] = b"") -> Datapack:
        """An answer to this one: to the app and host it came from, with its flag."""
        answer = Datapack("reply", self.head.get("from", ""), body=body, version=self.version)
        for name, value in (("to", self.head.get("id")), ("flag", self.head.get("flag"))):
            if value:
                answer.head[name] = value
        return answer

    def error(self, code: str, sentence: str) -> Datapack:
        """The answer that says why not: a code of docs/protocol.md and a sentence. Never answer a `reply` with it."""
        answer = self.reply(sentence)
        answer.head["error"] = code
        return answer

    def encode(self) -> bytes:
        """Its bytes on the wire. Raises ValueError for what can't be written."""
        body = _bytes(self.body)
        if not _NAME.match(self.method):
            raise ValueError(f"{self.method!r} is not a method")
        if not _APP.match(self.app):
            raise ValueError(f"{self.app!r} is not an app")
        if len(body) > BODY_LIMIT:
            raise ValueError(f"the body has {len(body)} bytes; {BODY_LIMIT} is the most")
        lines = [f"{self.method} {self.app} {self.version}\n".encode("ascii")]
        fields = {name: str(value) for name, value in self.head.items() if name != "length" and str(value)}
        for name, value in fields.items():
            if not _NAME.match(name):
                raise ValueError(f"{name!r} is not a field name")
            lines.append(name.encode("ascii") + b": " + self._write(name, value) + b"\n")
        lines.append(b"length: %d\n\n" % len(body))
        head = b"".join(lines)
        if len(head) > HEAD_LIMIT or len(fields) + 1 > FIELD_LIMIT:
            raise ValueError(f"the head is larger than {HEAD_LIMIT} bytes or {FIELD_LIMIT} fields")
        return head + body

    def _write(self, name: str, value: str) -> bytes:
        if "\0" in value:
            raise ValueError(f"the value of {name!r} holds a NUL byte")
        if self.version == "msw/1":
            return _ODD.sub(lambda odd: "%%%02X" % (ord(odd.group()) & 0xFF), value).encode("utf-8")
        if "\n" in value:
            raise ValueError(f"the value of {name!r} holds a line end, which {self.version} can't carry")
        return value.encode("utf-8", "surrogateescape")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Datapack) and vars(self) == vars(other)

    def __repr__(self) -> str:
        return f"Datapack({self.method!r}, {self.app!r}, {self.head!r}, {self.body[:60]!r})"


class Decoder:
    """Bytes in, Datapacks out, however the bytes are cut."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._head: Optional[Datapack] = None  # read, waits for its body
        self._length = 0
        self._scanned = 0

    def feed(self, data: bytes) -> List[Datapack]:
        """Take what was read; gives what is complete now. Raises DecodeError."""
        self._bytes += data
        out: List[Datapack] = []
        while True:
            if self._head is None and not self._read_head():
                return out
            if len(self._bytes) < self._length:
                return out
            assert self._head is not None
            self._head.body = bytes(self._bytes[:self._length])
            del self._bytes[:self._length]
            out.append(self._head)
            self._head = None

    @property
    def between(self) -> bool:
        """Whether the bytes so far end between two Datapacks."""
        return self._head is None and not self._bytes

    def _read_head(self) -> bool:
        end = self._bytes.find(b"\n\n", max(0, self._scanned - 1))
        self._scanned = len(self._bytes)
        if (end if end >= 0 else len(self._bytes)) + 2 > HEAD_LIMIT:
            raise DecodeError(f"a head is longer than {HEAD_LIMIT} bytes")
        if end < 0:
            return False
        first, *lines = bytes(self._bytes[:end]).split(b"\n")
        del self._bytes[:end + 2]
        self._scanned = 0
        words = first.decode("ascii", "replace").split(" ")
        if len(words) != 3 or not _NAME.match(words[0]) or not _APP.match(words[1]):
            raise DecodeError(f"not `method app version`: {first[:60]!r}")
        if words[2] not in ("msw/1", "msw/0.1"):
            raise DecodeError(f"not a version: {words[2][:20]!r}")
        if len(lines) > FIELD_LIMIT:
            raise DecodeError(f"a head has more than {FIELD_LIMIT} fields")
        self._head = Datapack(words[0], words[1], self._read_fields(lines, words[2]), version=words[2])
        return True

    def _read_fields(self, lines: List[bytes], version: str) -> Dict[str, str]:
        head: Dict[str, str] = {}
        for line in lines:
            raw_name, colon, value = line.partition(b":")
            name = raw_name.decode("ascii", "replace")
            if not colon or not _NAME.match(name) or value[:1] not in (b" ", b""):
                raise DecodeError(f"not `name: value`: {line[:60]!r}")
            if name in head:
                raise DecodeError(f"the field {name!r} is given twice")
            head[name] = _read_value(value[1:], version)
        length = head.pop("length", "")
        if not (length.isascii() and length.isdigit()):
            raise DecodeError(f"`length` must be a number of bytes, not {length[:20]!r}")
        self._length = int(length)
        if self._length > BODY_LIMIT:
            raise DecodeError(f"a body of {length} bytes; {BODY_LIMIT} is the most")
        return {name: value for name, value in head.items() if value}


def _read_value(raw: bytes, version: str) -> str:
    if b"\0" in raw:
        raise DecodeError("a value holds a NUL byte")
    if version != "msw/1":
        return raw.decode("utf-8", "surrogateescape")

    def one(escape: "re.Match[bytes]") -> bytes:
        if escape.group(1) in (None, b"00"):
            raise DecodeError(f"`%` must be followed by two hex digits, and not 00: {raw[:60]!r}")
        return bytes.fromhex(escape.group(1).decode("ascii"))

    try:
        if any(c < "\x20" or c == "\x7f" for c in raw.decode("utf-8")):
            raise DecodeError(f"a control character stands in a value: {raw[:60]!r}")
    except UnicodeDecodeError:
        raise DecodeError(f"a value is not UTF-8: {raw[:60]!r}") from None
    return _ESCAPE.sub(one, raw).decode("utf-8", "surrogateescape")


def _bytes(body: Union[bytes, str]) -> bytes:
    return body.encode("utf-8", "surrogateescape") if isinstance(body, str) else bytes(body)


class _Stdio:
    """stdin and stdout, kept for Datapacks alone. A thread of its own reads; any thread may get and put."""

    def __init__(self) -> None:
        self._taken = threading.Lock()
        self._writing = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: Deque[Datapack] = collections.deque()
        self._weight = 0
        self._closed = False
        self._in = self._out = -1

    def take(self) -> None:
        """Take over stdin and stdout, once."""
        with self._taken:
            if self._in >= 0:
                return
            sys.stdout.flush()
            self._out = os.dup(1)
            self._in = os.dup(0)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.close(nothing)
            os.dup2(2, 1)
            sys.stdout = sys.stderr
            threading.Thread(target=self._read, name="msw", daemon=True).start()

    def _read(self) -> None:
        decoder = Decoder()
        try:
            while data := os.read(self._in, 64 * 1024):
                for datapack in decoder.feed(data):
                    self._add(datapack)
            if not decoder.between:
                print("msw: stdin ended within a Datapack", file=sys.stderr)
        except (DecodeError, OSError) as error:
            print(f"msw: stdin can't be followed any more: {error}", file=sys.stderr)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _add(self, datapack: Datapack) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._weight < WAITING_LIMIT)
            self._waiting.append(datapack)
            self._weight += _weight(datapack)
            self._changed.notify_all()

    def get(self, timeout: Optional[float]) -> Datapack:
        self.take()
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting or self._closed, timeout):
                raise Empty
            if not self._waiting:
                raise Closed
            datapack = self._waiting.popleft()
            self._weight -= _weight(datapack)
            self._changed.notify_all()
            return datapack

    def put(self, datapack: Datapack) -> None:
        data = memoryview(datapack.encode())
        self.take()
        with self._writing:
            try:
                while data:
                    data = data[os.write(self._out, data):]
            except BrokenPipeError:
                raise Closed from None


def _weight(datapack: Datapack) -> int:
    return 256 + len(datapack.body)


_stdio = _Stdio()


class ReceiveQueue:
    """What is sent to this plugin."""

    def __init__(self) -> None:
        self._declared = "MSW_APP" not in os.environ
        self._durable: List[str] = []  # flags of what was taken and is not done with

    def get(self, timeout: Optional[float] = None) -> Datapack:
        """Wait for the next Datapack. Raises Empty after `timeout` seconds, Closed when mswd wants us to end.

        Asking for the next one says that this plugin is done with those before: durable ones that it was not done with
        when it ended come again, with the field `redelivered`."""
        if not self._declared:
            self._declared = True
            _stdio.put(Datapack("post", "mswd", {"done": "1"}, b"attach"))
        for flag in self._durable:
            _stdio.put(Datapack("post", "mswd", {"flag": flag}, b"done"))
        self._durable.clear()
        datapack = _stdio.get(timeout)
        if datapack.head.get("durable") == "1":
            self._durable.append(datapack.head.get("flag", ""))
        return datapack

    def __iter__(self) -> Iterator[Datapack]:
        """All Datapacks until mswd wants us to end."""
        while True:
            try:
                datapack = self.get()
            except Closed:
                return
            yield datapack


class SendQueue:
    """The way to everybody else."""

    def put(self, datapack: Datapack) -> None:
        """Send it. Waits while mswd takes nothing; raises ValueError for what can't be written, Closed at the end."""
        _stdio.put(datapack)


receive_queue = ReceiveQueue()
send_queue = SendQueue()

if "MSW_APP" in os.environ:  # started by mswd: before anything else can print. Otherwise with the first get or put.
    _stdio.take()
