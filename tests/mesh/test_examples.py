"""What the help, the man pages and the README show works as it stands there."""

import json
import os
import re
import signal
import subprocess
import unittest
from pathlib import Path
from typing import Dict, List

from harness.host import BUILD, PATIENCE, Host
from harness.mesh import MeshTest
from harness.ports import free_port
from harness.wait import wait_until
from msw import Datapack

README = Path(__file__).resolve().parents[2] / "README.md"


def told(program: str) -> Dict[str, object]:
    done = subprocess.run([str(BUILD / "bin" / program), "--help-json"], capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def of_help() -> List[str]:
    """The examples of mswctl and of its commands, each once."""
    mswctl = json.loads(json.dumps(told("mswctl")))
    every = [mswctl["examples"], *(command["examples"] for command in mswctl["commands"])]
    return list(dict.fromkeys(line for examples in every for line in examples.splitlines()))


def of_page(page: str) -> List[str]:
    """The examples of a man page, which stand between .EX and .EE, as somebody would copy them."""
    text = (BUILD / "share" / "man" / page).read_text()
    for escape, shown in (("\\&", ""), ("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"), ("\\e", "\\")):
        text = text.replace(escape, shown)
    return re.findall(r"^\.EX\n(.*?)^\.EE$", text, re.M | re.S)


class Examples(MeshTest):
    def bash(self, text: str, **env: str) -> "subprocess.CompletedProcess[str]":
        """Run it in a folder of its own, with the programs of the build in PATH."""
        folder = self.folder / "work"
        folder.mkdir(exist_ok=True)
        (folder / "notes.txt").write_text("some notes\n")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MSW_")}
        return subprocess.run(["bash", "-euc", text], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=4 * PATIENCE + 60, check=False,
                              env={**clean, "PATH": f"{BUILD}/bin:{clean['PATH']}", **env})

    def works(self, text: str, **env: str) -> str:
        done = self.bash(text, **env)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, host: Host) -> None:
        """It finds a stand-in for what would change this machine."""
        stubs = self.folder / "stubs"
        stubs.mkdir(exist_ok=True)
        stub = stubs / "apt-get"
        stub.write_text(f'#!/bin/sh\necho "$@" >> {stubs}/asked\n')
        stub.chmod(0o755)
        host.start({"PATH": f"{stubs}:{os.environ['PATH']}"})

    def mesh(self) -> Host:
        miku = self.host("miku", launcher=True, own_tree=True)
        rin = self.host("rin", launcher=True, own_tree=True)
        rin.write_addresses(miku.address)
        for host in (miku, rin):
            self.start(host)
        return miku

    def all_up(self) -> None:
        """Start again who was told to end, and wait until they see each other."""
        for host in self.hosts:
            if host.process and host.process.poll() is not None:
                self.assertEqual(host.process.returncode, 77)
                self.start(host)
        for host, other in zip(self.hosts, reversed(self.hosts)):
            self.wait_peers(host, other.id)

    def tail(self, miku: Host, example: str) -> None:
        """It goes on until Ctrl-C."""
        words = [str(BUILD / "bin" / "mswctl"), "--socket", miku.socket, *example.split()[1:]]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as tail:
            wait_until(lambda: any(row["kind"] == "client" and row["pid"] == tail.pid
                                   for row in miku.json("mswd", "plugins")), PATIENCE, "it has attached")
            tail.send_signal(signal.SIGINT)
            self.assertEqual(tail.wait(PATIENCE), 0, example)

    def queue(self, miku: Host, example: str) -> None:
        """Rows that the example names: one is there, as the answer to a question whose asker has left."""
        flag = "9f86d081884c7d65"
        with miku.attach() as asker:
            asker.send(Datapack("get", "shell", {"durable": "1", "flag": flag}, b"sleep 0.2; echo late"))
        wait_until(lambda: [row for row in miku.json("mswd", "queue ls inbox")["rows"]
                            if row["flag"] == flag and row["app"] != "shell"], what="the answer is kept")
        row = miku.json("mswd", f"queue show {flag}")["rows"][0]["row"]
        if "trace" in example:
            self.assertIn("its answer is here", self.works(example, MSW_SOCKET=miku.socket))
        elif "retry" in example:
            done = self.bash(example, MSW_SOCKET=miku.socket)
            self.assertEqual((done.returncode, "is no dead letter" in done.stderr), (1, True), done.stderr)
        else:
            self.assertIn("late", self.works(example.replace(" 17", f" {row}"), MSW_SOCKET=miku.socket))
        self.works(f"mswctl queue rm {row}", MSW_SOCKET=miku.socket)

    def test_those_of_mswctl(self) -> None:
        miku = self.mesh()
        examples = [line for line in of_help() if not line.startswith("sudo ")]
        self.assertGreater(len(examples), 20)
        own = [block.strip() for block in of_page("man1/mswctl.1") if block.strip() not in "\n".join(of_help())]
        own = [block for block in own if any(line not in of_help() for line in block.splitlines())]
        self.assertEqual(len(own), 2, own)
        for example in examples + own:
            with self.subTest(example):
                self.all_up()
                if example.startswith(("mswctl tail", "mswctl peers --watch")):
                    self.tail(miku, example)
                    continue
                if re.match("mswctl (queue (show|retry)|trace [0-9a-f]{16})", example):
                    self.queue(miku, example)
                    continue
                before = self.hosts[1].status()["pid"]
                out = self.works(example, MSW_SOCKET=miku.socket)
                if "exit" in example.split():
                    gone = self.hosts[1] if "--host" in example else miku
                    self.assertEqual(gone.wait_end(), 77)
                elif "restart --host" in example:
                    wait_until(lambda: self.hosts[1].status()["pid"] != before, PATIENCE, "rin has restarted")
                elif "(file)" in example:
                    self.assertEqual((self.hosts[1].files / "notes.txt").read_text(), "some notes\n")
                elif "apt-get" in example:
                    self.assertEqual((self.folder / "stubs" / "asked").read_text(), "-y upgrade\n")
                elif "grep" in example:
                    self.assertEqual(out, '"host":"rin"\n')
        self.all_up()

    def sudo(self, text: str, host: Host, stdin: str = "") -> str:
        """The same for what root types on that host; `sudo` is a stand-in that does nothing."""
        stubs = self.folder / "stubs"
        stubs.mkdir(exist_ok=True)
        (stubs / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
        (stubs / "sudo").chmod(0o755)
        done = subprocess.run(["bash", "-euc", text], text=True, input=stdin, capture_output=True, timeout=PATIENCE,
                              check=False, env={**os.environ, "PATH": f"{stubs}:{BUILD}/bin:{os.environ['PATH']}",
                                                "MSW_SOCKET": host.socket,
                                                "MSW_ADMIN_KEY": str(self.folder / "admin.key")})
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")
        return done.stdout

    def in_mesh(self, host: Host, is_in: bool = True) -> None:
        wait_until(lambda: bool(host.json("net", "roster")["mesh"]) == is_in, PATIENCE, f"{host.id} has started anew")

    def test_those_of_admins(self) -> None:
        miku, rin = self.host("miku", member=False).start(), self.host("rin", member=False).start()
        done: List[str] = []

        def on(host: Host, text: str, stdin: str = "") -> str:
            done.append(text)
            return self.sudo(text, host, stdin)
        on(miku, "sudo mswctl invite --uses 10")
        self.in_mesh(miku)
        token = on(miku, "sudo mswctl invite --id rin --role render --ttl 15m")
        on(rin, "sudo mswctl join - --id rin", token)
        self.in_mesh(rin)
        self.wait_peers(miku, "rin")
        on(miku, "sudo mswctl revoke rin")
        self.in_mesh(rin, False)
        on(rin, "sudo mswctl join - --leave", on(miku, "sudo mswctl invite --id rin --replace"))
        self.in_mesh(rin)
        self.wait_peers(miku, "rin")
        on(miku, "sudo mswctl grant rin control")
        on(miku, "sudo mswctl grant rin render --remove control")
        on(rin, "sudo mswctl key rotate")
        wait_until(lambda: "new keys" in rin.log, PATIENCE)
        self.wait_peers(miku, "rin")
        on(miku, "sudo mswctl revoke rin --drop-admitted")
        self.in_mesh(rin, False)
        on(rin, "sudo mswctl join -", on(miku, "sudo mswctl invite --id rin --replace"))
        self.in_mesh(rin)
        self.wait_peers(miku, "rin")
        on(rin, "sudo mswctl leave")
        self.in_mesh(rin, False)
        other = self.host("other", member=False).start()
        on(other, "sudo mswctl join -", on(miku, "sudo mswctl invite"))
        self.in_mesh(other)
        self.wait_peers(miku, "other")
        self.sudo("mswctl rename other rin-2", miku)
        done.append("sudo mswctl rename rin rin-old")
        other.id = "rin-2"
        self.wait_peers(miku, "rin-2")
        self.assertEqual(sorted(set(done)), sorted(line for line in of_help() if line.startswith("sudo ")))

    def ports(self, text: str) -> str:
        """The same with ports that are free."""
        for port in ("3901", "3902"):
            text = text.replace(port, str(free_port()))
        return text

    def test_those_of_mswd(self) -> None:
        two_hosts, check = of_page("man8/mswd.8")
        self.assertIn("\n", self.works(self.ports(two_hosts) + "wait\n"))
        self.assertIn("is good", self.works(check))

    def test_those_of_the_configuration(self) -> None:
        blocks = of_page("man5/mswd.json.5")
        self.assertEqual(len(blocks), 3)
        host = self.host()
        for block in blocks:
            with self.subTest(block):
                is_json = block.startswith("{")
                host.config_file.write_text(block if is_json else "{}")
                if not is_json:
                    (host.config_file.parent / "address.txt").write_text(block)
                done = subprocess.run(host.command("--check-config"), text=True, capture_output=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                left = [line for line in done.stderr.splitlines() if "there is no folder" not in line]
                self.assertEqual(left, [])

    def test_the_first_steps_of_the_readme(self) -> None:
        steps = README.read_text().split("## First steps")[1].split("\n## ")[0]
        block = "".join(line[4:] for line in steps.splitlines(keepends=True) if line.startswith("    "))
        self.assertIn("cd build/release", block)
        block = self.ports(block).replace("/tmp/", f"{self.folder}/").replace("cd build/release", f"cd {BUILD}")
        out = self.works(block + "wait\n")
        self.assertRegex(out, r"(?m)^rin +\S+:\d+ +in ")
        self.assertIn("load average", out)


if __name__ == "__main__":
    unittest.main()
