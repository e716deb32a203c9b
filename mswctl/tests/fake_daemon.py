"""A small mswd for tests: it attaches clients and answers as it is told.

A script is a function `(datapack, conn) -> list of Datapacks or None`, called in the order in which Datapacks arrive on a
connection. What arrived is kept in `seen`; wait_seen() waits for more of it.
"""
import array
import os
import socket
import tempfile
import threading


class Datapack:
    def __init__(self, method, app, body=b"", head=None):
        self.method, self.app, self.head = method, app, dict(head or {})
        self.body = body if isinstance(body, bytes) else body.encode()
        self.file = None  # the content of a descriptor that came along

    def encode(self):
        lines = [f"{self.method} {self.app} msw/1"]
        lines += [f"{k}: {v}" for k, v in self.head.items() if v != ""]
        lines.append(f"length: {len(self.body)}")
        return ("\n".join(lines) + "\n\n").encode() + self.body

    def reply(self, body=b"", head=None, **more):
        return Datapack("reply", self.head.get("from", "@1"), body,
                        {"flag": self.head.get("flag", ""), **(head or {}), **more})

    def error(self, code, sentence, **head):
        return self.reply(sentence, error=code, **head)

    @property
    def text(self):
        return self.body.decode()


class Connection:
    def __init__(self, sock):
        self.sock, self.data, self.fds = sock, b"", []

    def more(self):
        try:
            data, ancillary, _, _ = self.sock.recvmsg(65536, socket.CMSG_SPACE(4))
        except OSError:
            return False
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(value[: len(value) - len(value) % fds.itemsize])
                self.fds += fds
        self.data += data
        return bool(data)

    def read(self):
        while b"\n\n" not in self.data:
            if not self.more():
                return None
        head, self.data = self.data.split(b"\n\n", 1)
        lines = head.decode().split("\n")
        method, app, _ = lines[0].split(" ")
        d = Datapack(method, app)
        d.head = dict(line.split(": ", 1) for line in lines[1:])
        length = int(d.head.pop("length"))
        while len(self.data) < length:
            if not self.more():
                return None
        d.body, self.data = self.data[:length], self.data[length:]
        if d.head.get("fds") == "1":
            with os.fdopen(self.fds.pop(0), "rb") as f:
                d.file = f.read()
        return d

    def write(self, d):
        try:
            self.sock.sendall(d.encode())
        except OSError:
            pass

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class FakeDaemon:
    def __init__(self, script, host="miku", attach=None):
        self.script, self.host, self.attach = script, host, attach
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "control.sock")
        self.seen, self.connections = [], []
        self.changed = threading.Condition()
        self.listener = None
        self.start()

    def start(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.accepting = threading.Thread(target=self._accept, args=(self.listener,), daemon=True)
        self.accepting.start()

    def stop(self):
        """No longer there: neither the socket nor its connections."""
        if self.listener is None:
            return
        os.unlink(self.path)
        # Its thread must be gone before the number of the descriptor is: the next daemon may get that.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        self.listener = None
        for conn in list(self.connections):
            conn.close()

    def close(self):
        self.stop()
        self.folder.cleanup()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            conn = Connection(sock)
            self.connections.append(conn)
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        first = conn.read()
        if first is None:
            return
        if self.attach:
            conn.write(self.attach(first))
            return
        conn.write(first.reply(app="@1", host=self.host, version="9.9", proto="1"))
        while (d := conn.read()) is not None:
            with self.changed:
                self.seen.append(d)
                self.changed.notify_all()
            for answer in self.script(d, conn) or []:
                conn.write(answer)

    def wait_seen(self, wanted, timeout=20):
        """Wait until a Datapack for which `wanted` holds has come; return it."""
        with self.changed:
            found = []

            def look():
                found[:] = [d for d in self.seen if wanted(d)]
                return bool(found)

            assert self.changed.wait_for(look, timeout), "it never came"
            return found[0]

    def sent(self):
        """What arrived, without the questions that only ask whether it was taken."""
        return [d for d in self.seen if not (d.app in ("mswd", "net") and d.method == "get")]
