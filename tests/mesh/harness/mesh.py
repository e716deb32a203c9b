"""The test case that the tests here are made of."""

import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, List, Optional

from harness.host import PATIENCE, Host, make_member
from harness.wait import wait_until

SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:")


class MeshTest(unittest.TestCase):
    """Each test has a folder and hosts of its own. At its end they must stop cleanly; if it failed their journals are
    shown."""

    def run(self, result: Optional[unittest.TestResult] = None) -> Optional[unittest.TestResult]:
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        with tempfile.TemporaryDirectory(prefix="mswd-test-") as folder:
            self.folder = Path(folder)
            self.hosts: List[Host] = []
            try:
                return super().run(result)
            finally:
                for host in self.hosts:
                    host.clear_away()
                if len(result.failures) + len(result.errors) > before:
                    self._show_journals()

    def tearDown(self) -> None:
        for host in self.hosts:
            if host.process and not host.killed and host.process.poll() is None:
                self.assertEqual(host.stop(), 0, f"{host.id} did not end cleanly")
        for host in self.hosts:
            for word in SANITIZER_WORDS:
                if word in host.log:
                    self.fail(f"{host.id}: {host.log[host.log.index(word):][:8000]}")

    def _show_journals(self) -> None:
        for host in self.hosts:
            lines = host.log.splitlines()
            print(f"---- the journal of {host.id} in {self.id()}, last {min(len(lines), 80)} lines", file=sys.stderr)
            print("\n".join(lines[-80:]), file=sys.stderr)

    def host(self, name: str = "miku", member: bool = True, **kwargs: Any) -> Host:
        """A host that doesn't run yet. `member`: of the mesh of this test; else it is in none."""
        return self.add(Host(self.folder, name, **kwargs), member)

    def add(self, host: Host, member: bool = True) -> Host:
        if member:
            make_member(self.folder / "mesh", host, self.hosts)
        self.hosts.append(host)
        return host

    def wait_peers(self, host: Host, *ids: str, timeout: float = PATIENCE) -> None:
        """Wait until `host` reaches exactly those."""
        wait_until(lambda: self._same(set(host.peers()), set(ids)), timeout, f"{host.id} reaches {ids}")

    @staticmethod
    def _same(got: object, wanted: object) -> bool:
        assert got == wanted, f"{got}"
        return True
