"""A whole Debian 12 with systemd in a container, and mswd installed in it as a person would have it.

The root file system is built once with debootstrap and kept (MSW_ROOTFS, or /var/tmp/mswd-rootfs-bookworm); each
container is a throw-away layer over it. Needs root, debootstrap and systemd-nspawn.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time

PACKAGES = ["systemd", "systemd-sysv", "dbus", "libuv1", "libarchive13", "libedit2", "libsqlite3-0", "libssl3",
            "procps", "python3-minimal"]
ROOTFS = pathlib.Path(os.environ.get("MSW_ROOTFS", "/var/tmp/mswd-rootfs-bookworm"))
BUILD = pathlib.Path(os.environ["MSW_BUILD"])
_pause = threading.Event()


class Unavailable(Exception):
    """Containers can't be had here; the text says why."""


def wait_until(condition, what, timeout=30.0):
    """Ask until it is true; give what it gave."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:.0f} s: {what}")
        _pause.wait(0.05)


def rootfs():
    """The kept root file system, built if it isn't there, or was built with other packages."""
    if os.geteuid() != 0:
        raise Unavailable("not root")
    for tool in ("debootstrap", "systemd-nspawn", "nsenter"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is not installed")
    done = ROOTFS / ".complete"
    if done.exists() and done.read_text() == " ".join(PACKAGES):
        return ROOTFS
    shutil.rmtree(ROOTFS, ignore_errors=True)
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=" + ",".join(PACKAGES), "bookworm", str(ROOTFS)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900)
    if made.returncode != 0:
        raise Unavailable("debootstrap could not fetch a Debian: " + made.stdout[-300:].strip())
    done.write_text(" ".join(PACKAGES))
    return ROOTFS


class Container:
    """Boots on entering, goes without a trace on leaving."""

    def __init__(self):
        base = rootfs()
        self._folder = tempfile.mkdtemp(prefix="mswd-system-", dir="/var/tmp")
        self.root = pathlib.Path(self._folder, "root")
        upper, work = pathlib.Path(self._folder, "upper"), pathlib.Path(self._folder, "work")
        for folder in (self.root, upper, work):
            folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                                  f"lowerdir={base},upperdir={upper},workdir={work}", str(self.root)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise Unavailable("no overlay file system: " + mounted.stderr.strip())
        self._nspawn = None
        self._leader = None

    def install(self):
        """What a package would put there."""
        env = dict(os.environ, DESTDIR=str(self.root))
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", "/usr"], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        (self.root / "etc/mswd").mkdir(exist_ok=True)

    def boot(self):
        """Start systemd in it and wait until it is up."""
        self.console = open(pathlib.Path(self._folder, "console"), "wb")
        self._nspawn = subprocess.Popen(
            ["systemd-nspawn", "--boot", "--register=no", "--keep-unit", "--private-network", "--console=pipe",
             "--machine=mswd-test", "-D", str(self.root)],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=subprocess.STDOUT)
        self._leader = wait_until(self._find_leader, "the container's first process")
        wait_until(lambda: self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"),
                   "systemd is up", 90)

    def _find_leader(self):
        if self._nspawn.poll() is not None:
            raise Unavailable("systemd-nspawn ended: " + self.console_text()[-300:])
        children = pathlib.Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        for pid in children:
            try:
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    return pid
            except OSError:
                continue
        return None

    def console_text(self):
        return pathlib.Path(self._folder, "console").read_text(errors="replace")

    def run(self, *argv, timeout=60, user=None, group=None):
        """Run a command inside; give what subprocess.run gives."""
        command = ["nsenter", "-t", self._leader, "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        command += ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]
        if user:
            command += ["setpriv", "--reuid", user, "--regid", group or user, "--init-groups"]
        return subprocess.run(command + list(argv), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=timeout)

    def check(self, *argv, **how):
        """run(), and it must succeed; give its output."""
        done = self.run(*argv, **how)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(argv)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def show(self, unit, *properties):
        """Properties of a unit as a dict."""
        text = self.check("systemctl", "show", unit, "-p", ",".join(properties))
        return dict(line.split("=", 1) for line in text.splitlines())

    def write(self, path, text):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def close(self):
        if self._nspawn is not None and self._nspawn.poll() is None:
            if self._leader:
                os.kill(int(self._leader), signal.SIGRTMIN + 4)  # systemd: power off
            try:
                self._nspawn.wait(20)
            except subprocess.TimeoutExpired:
                self._nspawn.kill()
                self._nspawn.wait()
        if hasattr(self, "console"):
            self.console.close()
        subprocess.run(["umount", "-R", str(self.root)], capture_output=True)
        shutil.rmtree(self._folder, ignore_errors=True)
