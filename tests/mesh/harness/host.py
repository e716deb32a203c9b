"""One host of a mesh under test: a folder of its own, and the daemon that runs in it."""

import json
import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Union

from msw import Datapack

from harness import client
from harness.ports import free_port
from harness.wait import wait_until

BUILD = Path(os.environ["MSW_BUILD"])
SANITIZED = os.environ.get("MSW_SANITIZE", "")
PATIENCE = 60.0 if SANITIZED else 20.0


class Host:
    """Knows where its files are, starts and stops its daemon, and talks to it."""

    def __init__(self, folder: Path, name: str, config: Optional[Dict[str, Any]] = None,
                 launcher: bool = False, own_tree: bool = False, roles: Sequence[str] = ("control",)) -> None:
        self.id = name
        self.dir = folder / name
        self.state = self.dir / "state"
        self.run = self.dir / "run"
        self.plugins = self.dir / "plugins"  # this host's own
        self.config_file = self.dir / "etc" / "config.json"
        self.log_file = self.dir / "journal"
        self.socket = str(self.run / "control.sock")
        self.launcher = launcher
        self.roles = roles
        for directory in (self.state, self.run, self.plugins, self.config_file.parent):
            directory.mkdir(parents=True)
        self.tree = self._copy_tree() if own_tree else BUILD
        self.port = free_port()
        self.legacy_port = 0
        self.config: Dict[str, Any] = {"id": name, "listen_ip": "127.0.0.1", "listen_port": self.port,
                                       "plugin_dirs": [str(self.plugins)], **(config or {})}
        self.write_config()
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.killed = False

    # Its files.

    def _copy_tree(self) -> Path:
        tree = self.dir / "tree"
        shutil.copytree(BUILD / "bin", tree / "bin")
        shutil.copytree(BUILD / "lib" / "mswd", tree / "lib" / "mswd")
        return tree

    def write_config(self, **changes: Any) -> None:
        self.config.update(changes)
        self.config_file.write_text(json.dumps(self.config, indent=2))

    def gateway_for(self, *old: str) -> "Host":
        """Let old hosts speak with it: each the id of one that dials from this machine, or `ID ADDRESS:PORT`."""
        self.legacy_port = free_port()
        hosts = [one if " " in one else f"{one} 127.0.0.1" for one in old]
        self.write_config(legacy={"listen_port": self.legacy_port, "hosts": hosts})
        return self

    def write_addresses(self, *addresses: str) -> None:
        (self.config_file.parent / "address.txt").write_text("".join(f"{a}\n" for a in addresses))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def files(self) -> Path:
        """The file root."""
        return self.state / "files"

    def add_plugin(self, name: str, text: str) -> Path:
        """Put an executable plugin into this host's own folder."""
        path = self.plugins / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    @property
    def log(self) -> str:
        """What the daemon wrote to stderr so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # Its daemon.

    def command(self, *more: str) -> List[str]:
        program = self.tree / "bin" / ("mswd-launcher" if self.launcher else "mswd")
        return [str(program), "--config", str(self.config_file), "--state-dir", str(self.state),
                "--runtime-dir", str(self.run), *more]

    def spawn(self, environment: Optional[Dict[str, str]] = None) -> "subprocess.Popen[bytes]":
        """Start it, without waiting for anything."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("MSW_")} | (environment or {})
        with open(self.log_file, "ab") as log:
            # A session of its own, so that what it leaves behind can be found and ended.
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                                            start_new_session=True)
        self.killed = False
        return self.process

    def start(self, environment: Optional[Dict[str, str]] = None) -> "Host":
        self.spawn(environment)
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        def ready() -> bool:
            if self.process and self.process.poll() is not None:
                raise RuntimeError(f"{self.id} ended with status {self.process.returncode}:\n{self.log}")
            return self.status()["id"] == self.id
        wait_until(ready, PATIENCE, f"{self.id} answers on {self.socket}")

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> int:
        """Ask it to end, and give its status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait_end()

    def wait_end(self, timeout: float = PATIENCE) -> int:
        assert self.process
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.id} still runs after {timeout} s") from None

    def kill(self) -> None:
        """kill -9 the daemon."""
        assert self.process
        self.killed = True
        os.kill(self.status()["pid"] if self.launcher else self.process.pid, signal.SIGKILL)
        if not self.launcher:
            self.process.wait()

    def clear_away(self) -> None:
        """End whatever still runs of it."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    # Talking to it.

    def ask(self, app: str, body: Union[bytes, str] = b"", head: Optional[Dict[str, str]] = None,
            **kwargs: Any) -> Datapack:
        return client.ask(self.socket, app, body, head, **{"timeout": PATIENCE, **kwargs})

    def ask_all(self, app: str, body: Union[bytes, str], head: Dict[str, str], answers: int) -> List[Datapack]:
        with client.Client(self.socket) as connection:
            return connection.ask_all(app, body, head, timeout=PATIENCE, answers=answers)

    def attach(self, app: str = "", **kwargs: Any) -> client.Client:
        return client.Client(self.socket, app, timeout=PATIENCE, **kwargs)

    def may_attach(self, app: str) -> bool:
        """Attach as that app and leave again; Refused if its name is not free."""
        with self.attach(app):
            return True

    def queue(self, app: str) -> Dict[str, int]:
        """What waits for that app."""
        return dict(next(row for row in self.json("mswd", "queue") if row["app"] == app))

    def json(self, app: str, body: str, head: Optional[Dict[str, str]] = None) -> Any:
        answer = self.ask(app, body, head)
        assert "error" not in answer.head, f"{app}:{body}: {answer.head['error']}: {answer.text}"
        return json.loads(answer.body)

    def status(self) -> Dict[str, Any]:
        return dict(self.json("mswd", "status"))

    def plugin(self, app: str) -> Dict[str, Any]:
        """The row of `plugins` for that app; LookupError if there is none."""
        rows = {row["app"]: row for row in self.json("mswd", "plugins")}
        return dict(rows[app])

    def peers(self) -> Dict[str, Dict[str, Any]]:
        return {row["id"]: row for row in self.json("net", "peers")}

    def ctl(self, *args: str, stdin: Optional[str] = None,
            timeout: float = PATIENCE) -> "subprocess.CompletedProcess[str]":
        """Run mswctl against it."""
        return subprocess.run([str(self.tree / "bin" / "mswctl"), "--socket", self.socket, *args], text=True,
                              input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                              capture_output=True, timeout=timeout, check=False)

    def descriptors(self) -> List[Path]:
        """What the daemon has open, links in /proc. Only root sees that, as it is not dumpable."""
        try:
            return list(Path(f"/proc/{self.status()['pid']}/fd").iterdir())
        except PermissionError:
            raise unittest.SkipTest("only root sees what mswd has open") from None

    def memory(self) -> Dict[str, int]:
        """VmHWM and RssAnon of the daemon in KiB."""
        text = Path(f"/proc/{self.status()['pid']}/status").read_text()
        rows = dict(line.split(":", 1) for line in text.splitlines())
        return {key: int(rows[key].split()[0]) for key in ("VmHWM", "RssAnon")}


def make_member(mesh: Path, host: Host, others: Sequence[Host] = ()) -> None:
    """Make a host that has not run yet a member of the mesh in that folder, and have the others know it."""
    made = subprocess.run([str(BUILD / "tests" / "make_mesh"), str(mesh), host.id, str(host.state), *host.roles],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise RuntimeError(made.stderr)
    for other in others:
        if other.runs:
            other.json("net", f"records {made.stdout.strip()}")
        elif (other.state / "roster").exists():
            shutil.copy(mesh / "roster", other.state)


def connect_each(hosts: Sequence[Host]) -> None:
    """Let every host know the addresses of all the others."""
    for host in hosts:
        host.write_addresses(*(other.address for other in hosts if other is not host))
