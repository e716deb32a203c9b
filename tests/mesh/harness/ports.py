"""Ports on loopback that no other test of this machine has."""

import random
import socket
from typing import List

_held: List[int] = []  # never closed


def free_port() -> int:
    """A port of 127.0.0.1 below the range that outgoing connections use; ours until this process ends."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        claim = socket.socket(socket.AF_UNIX)
        probe = socket.socket()
        try:
            claim.bind(f"\0mswd-test-port-{port}")
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        finally:
            probe.close()
        _held.append(claim.detach())
        return port
    raise AssertionError("no free port between 20000 and 32000")
