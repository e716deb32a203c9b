"""A disk that is full or read-only. It needs the right to mount one: without it these tests are skipped as a whole."""

import ctypes
import os
import tempfile
import unittest
from pathlib import Path

import plugins_for_tests as given
from harness.host import Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack

MIB = 1024 * 1024
MS_RDONLY, MS_REMOUNT = 1, 32


def mount(source: str, target: Path, kind: str, flags: int = 0, data: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), str(target).encode(), kind.encode(), flags, data.encode()) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(target))


class Disk(MeshTest):
    def disk(self, folder: Path, size: str) -> None:
        """Give `folder` a disk of its own."""
        folder.mkdir(exist_ok=True)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}  # keys and roster move along
        try:
            mount("mswd-test", folder, "tmpfs", data=f"size={size}")
        except OSError as error:
            self.skipTest(f"a file system can't be mounted here: {error}")
        self.addCleanup(lambda: ctypes.CDLL(None).umount2(str(folder).encode(), 2))
        for name, data in before.items():
            (folder / name).write_bytes(data)
            (folder / name).chmod(0o600)

    def receive_file(self, host: Host, name: str, size: int) -> Datapack:
        with host.attach() as sender, tempfile.TemporaryFile() as file:
            file.truncate(size)
            sender.send(Datapack("file", "files", {"filename": name, "fds": "1", "flag": "1"}), fd=file.fileno())
            answer = sender.receive()
            assert answer
            return answer

    def test_a_full_one_refuses_files_and_nothing_else(self) -> None:
        host = self.host()
        self.disk(host.state, "4m")
        host.add_plugin("files", given.FILES)
        host.start()
        refused = self.receive_file(host, "large", 16 * MIB)
        self.assertEqual(refused.head["error"], "io", refused)
        self.assertIn("no room for 16777216 bytes", refused.text)
        self.assertEqual([p.name for p in host.files.iterdir() if p.name != "large"], [])
        # To the last byte, by somebody else.
        filler = os.open(host.state / "filler", os.O_WRONLY | os.O_CREAT)
        with self.assertRaisesRegex(OSError, "No space"):
            while os.write(filler, bytes(4096)):
                pass
        os.close(filler)
        self.assertIn("no room", self.receive_file(host, "small", 4096).text)
        self.assertNotIn("error", host.ask("log", "a line that has no room").head)
        self.assertEqual(host.status()["id"], "miku")
        (host.state / "filler").unlink()
        self.assertEqual(self.receive_file(host, "small", 4096).text.split()[0], "4096")
        self.assertFalse((host.files / "large").exists())

    def test_a_full_one_refuses_what_is_durable_and_keeps_what_it_has(self) -> None:
        a, b = self.host("a"), self.host("b")
        self.disk(a.state, "32m")
        a.write_addresses(b.address)
        b.add_plugin("echo", given.ECHO)
        b.start()
        a.start()
        self.wait_peers(a, "b")
        b.stop()
        accepted = 0
        with a.attach() as client:
            while True:
                question = {"to": "b", "durable": "1", "want": "accept", "flag": f"{accepted:04x}",
                            "stamps": "small answers"}
                client.send(Datapack("get", "echo", question, bytes(64 * 1024)))
                answer = client.receive()
                assert answer
                if answer.text != "b spooled\n":
                    break
                accepted += 1
        self.assertIn("b refused disk-full", answer.text)
        self.assertGreater(accepted, 10)
        self.assertNotIn("error", a.ask("log", "what is not durable goes on").head)
        b.start()
        wait_until(lambda: a.json("mswd", "queue ls")["rows"] == [], timeout=60, what="what was accepted is sent")
        rows = wait_until(lambda: (rows := a.json("mswd", "queue ls inbox")["rows"]) and len(rows) >= accepted and rows,
                          timeout=60, what="and answered")
        self.assertEqual(len({row["flag"] for row in rows}), accepted)
        wait_until(lambda: a.ask("echo", "again", {"to": "b", "durable": "1"}).text == "again",
                   what="with what was sent away there is room again")

    def test_one_that_becomes_read_only(self) -> None:
        host = self.host()
        self.disk(host.files, "4m")
        host.add_plugin("files", given.FILES)
        host.start()
        mount("mswd-test", host.files, "tmpfs", MS_REMOUNT | MS_RDONLY)
        refused = self.receive_file(host, "x", 10)
        self.assertEqual(refused.head.get("error"), "io", refused)
        self.assertIn("Read-only", refused.text)
        self.assertEqual(host.status()["id"], "miku")
        self.assertEqual(host.stop(), 0)

    def test_one_that_is_read_only_at_the_start_is_named(self) -> None:
        host = self.host()
        self.disk(host.state, "4m")
        mount("mswd-test", host.state, "tmpfs", MS_REMOUNT | MS_RDONLY)
        host.spawn()
        self.assertNotIn(host.wait_end(), (0, 77))
        self.assertIn(str(host.state), host.log)
        self.assertIn("ead-only", host.log)


if __name__ == "__main__":
    unittest.main()
