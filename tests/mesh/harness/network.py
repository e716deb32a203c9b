"""Networks of the tests' own: hosts in network namespaces, and cables between them that can be pulled.

It needs the right to make namespaces; without that its tests are skipped.
"""

import itertools
import os
import subprocess
from pathlib import Path
from typing import Any, Dict, List

from harness.host import Host
from harness.mesh import MeshTest

PORT = 3900
_numbers = itertools.count()


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")


def ip(*words: str) -> None:
    run("ip", *words)


class Namespace:
    """One network namespace."""

    def __init__(self) -> None:
        self.name = f"mswd-test-{os.getpid()}-{next(_numbers)}"
        ip("netns", "add", self.name)

    def ip(self, *words: str) -> None:
        ip("-n", self.name, *words)

    def run(self, *words: str) -> None:
        """Run a command in it."""
        ip("netns", "exec", self.name, *words)

    def remove(self) -> None:
        ip("netns", "del", self.name)


class NetHost(Host):
    """A host in a namespace of its own."""

    def __init__(self, folder: Path, name: str, namespace: Namespace, **kwargs: Any) -> None:
        config = {"listen_ip": "0.0.0.0", "listen_port": PORT, **kwargs.pop("config", {})}
        super().__init__(folder, name, config=config, **kwargs)
        self.namespace = namespace
        self.port = PORT

    def command(self, *more: str) -> List[str]:
        return ["ip", "netns", "exec", self.namespace.name, *super().command(*more)]


class Cable:
    """Joins two hosts, with a switch in the middle."""

    def __init__(self, switch: Namespace, a: NetHost, b: NetHost, subnet: str) -> None:
        self.switch = switch
        self.subnet = subnet
        number = next(_numbers)
        self.bridge = f"bridge{number}"
        self.ports = (f"port{number}a", f"port{number}b")
        self.devices: Dict[str, str] = {}
        switch.ip("link", "add", "name", self.bridge, "type", "bridge")
        switch.ip("link", "set", self.bridge, "up")
        for host, other, port, last in ((a, b, self.ports[0], 1), (b, a, self.ports[1], 2)):
            device = self.devices[host.id] = f"to-{other.id}"
            ip("link", "add", "name", port, "netns", switch.name, "type", "veth",
               "peer", "name", device, "netns", host.namespace.name)
            host.namespace.ip("addr", "add", f"{subnet}.{last}/24", "dev", device)
            host.namespace.ip("link", "set", device, "up")
        self.plug()
        self.hosts = (a, b)

    def address(self, host: Host) -> str:
        """Where the other end dials that host."""
        return f"{self.subnet}.{1 + self.hosts.index(host)}:{PORT}"  # type: ignore[arg-type]

    def narrow(self, rate: str) -> None:
        """It carries so much each way from now on, as tc(8) writes it, and has a queue of 200 ms as routers have."""
        for port in self.ports:
            self.switch.run("tc", "qdisc", "add", "dev", port, "root", "tbf",
                            "rate", rate, "burst", "16k", "latency", "200ms")

    def plug(self) -> None:
        for port in self.ports:
            self.switch.ip("link", "set", port, "master", self.bridge)
            self.switch.ip("link", "set", port, "up")

    def pull(self) -> None:
        """Both systems see that there is no carrier any more."""
        for port in self.ports:
            self.switch.ip("link", "set", port, "down")

    def swallow(self) -> None:
        """Nothing comes through, and neither system sees why."""
        for port in self.ports:
            self.switch.ip("link", "set", port, "nomaster")

    def move(self, host: NetHost, last: int) -> str:
        """Give that host another address. @return where it is dialled now"""
        device = self.devices[host.id]
        host.namespace.ip("addr", "flush", "dev", device)
        host.namespace.ip("addr", "add", f"{self.subnet}.{last}/24", "dev", device)
        return f"{self.subnet}.{last}:{PORT}"


class NetTest(MeshTest):
    """Hosts that have nothing but the cables that the test gives them."""

    def setUp(self) -> None:
        super().setUp()
        try:
            self.switch = self.namespace()
        except OSError as error:
            self.skipTest(f"a network namespace can't be made here: {error}")
        self.subnets = itertools.count(1)

    def namespace(self) -> Namespace:
        made = Namespace()
        self.addCleanup(made.remove)
        return made

    def net_host(self, name: str, **kwargs: Any) -> NetHost:
        host = NetHost(self.folder, name, self.namespace(), **kwargs)
        host.namespace.ip("link", "set", "lo", "up")
        self.add(host)
        return host

    def cable(self, a: NetHost, b: NetHost) -> Cable:
        return Cable(self.switch, a, b, f"10.83.{next(self.subnets)}")
