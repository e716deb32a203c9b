"""Files between hosts: whole, streamed, and never outside the file root."""

import hashlib
import os
import unittest
from pathlib import Path
from typing import List

import plugins_for_tests as given
from harness.client import Client
from harness.host import PATIENCE, SANITIZED, Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack

GIB = 1 << 30
MEMORY = 32 * 1024  # KiB that a daemon may take while a file of any size passes


def send_file(sender: Client, to: str, name: str, path: Path, app: str = "files") -> None:
    with open(path, "rb") as file:
        sender.send(Datapack("file", app, {"to": to, "filename": name, "fds": "1", "flag": name.encode().hex()[:32]}),
                    fd=file.fileno())


class FilesTest(MeshTest):
    def pair(self) -> List[Host]:
        a, b = self.host("a"), self.host("b")
        a.write_addresses(b.address)
        b.add_plugin("files", given.FILES)
        b.start()
        a.start()
        self.wait_peers(a, "b")
        return [a, b]

    def make(self, size: int) -> Path:
        """A sparse file with something at its beginning, middle and end."""
        path = self.folder / f"source-{size}"
        with open(path, "wb") as file:
            file.truncate(size)
            for at in {0, size // 2, size - 1} if size else set():
                file.seek(at)
                file.write(b"m")
        return path

    @staticmethod
    def digest(path: Path) -> str:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()

    def sends(self, a: Host, b: Host, size: int, timeout: float) -> None:
        source = self.make(size)
        with a.attach() as sender:
            send_file(sender, "b", f"in/{size}", source)
            answer = sender.receive(timeout)
        assert answer, f"no answer within {timeout} s"
        self.assertEqual(answer.text, f"{size} {size} {self.digest(source)}", answer)
        self.assertEqual(sorted(p.name for p in b.files.rglob("*") if p.is_file()), [str(size)])


class Small(FilesTest):
    def test_no_byte(self) -> None:
        self.sends(*self.pair(), 0, PATIENCE)

    def test_one_byte(self) -> None:
        self.sends(*self.pair(), 1, PATIENCE)

    def test_through_a_relay(self) -> None:
        a, p = self.host("a"), self.host("p")
        b = self.host("b", config={"proxy": "p", "onlyproxy": True})
        a.write_addresses(p.address)
        b.write_addresses(p.address)
        b.add_plugin("files", given.FILES)
        for host in (p, a, b):
            host.start()
        self.wait_peers(p, "a", "b")
        source = self.make(3_000_000)
        with a.attach() as sender:
            send_file(sender, "p&b", "x.bin", source)
            answer = sender.receive()
        assert answer
        self.assertEqual(answer.text, f"3000000 3000000 {self.digest(source)}", answer)

    def test_a_name_that_leads_outside_is_refused_over_there(self) -> None:
        a, b = self.pair()
        source = self.make(1000)
        for name in ("../evil", "/tmp/mswd-evil", ".msw-evil", "x/../../evil"):
            with self.subTest(name=name), a.attach() as sender:
                send_file(sender, "b", name, source)
                answer = sender.receive()
                assert answer
                self.assertIn("error", answer.head)
        self.assertEqual([p for p in self.folder.rglob("*evil*")], [])
        self.assertFalse(Path("/tmp/mswd-evil").exists())

    def test_a_sender_that_dies_leaves_nothing_half(self) -> None:
        a, b = self.pair()
        with a.attach() as sender:
            send_file(sender, "b", "big", self.make(4 * GIB))
            wait_until(lambda: self._received(b) > 1 << 20, PATIENCE, "some of it is there")
            a.kill()
        wait_until(lambda: "a" not in b.peers(), PATIENCE, "b has seen it")
        self.assertFalse((b.files / "big").exists())
        wait_until(lambda: self._received(b) == 0, PATIENCE, "the half file is removed")

    @staticmethod
    def _received(host: Host) -> int:
        return sum(p.stat().st_size for p in host.state.rglob("*") if p.is_file() and ".msw-" in str(p))

    def test_small_ones_pass_while_a_large_one_flows(self) -> None:
        a, b = self.pair()
        b.add_plugin("echo", given.ECHO)
        with a.attach() as sender:
            send_file(sender, "b", "large", self.make(256 << 20))
            self.assertEqual(a.ask("mswd", "status", {"to": "b"}).head["id"], "b")
            answer = sender.receive(PATIENCE * 3)
        assert answer
        self.assertTrue(answer.text.startswith(f"{256 << 20} "), answer)


class Large(FilesTest):
    def test_one_gibibyte_in_constant_memory(self) -> None:
        a, b = self.pair()
        self.sends(a, b, GIB, PATIENCE * 6)
        for host in (a, b):
            memory = host.memory()
            print(f"{host.id}: {memory}", flush=True)
            if not SANITIZED:
                self.assertLess(memory["VmHWM"], MEMORY)


if __name__ == "__main__":
    unittest.main()
