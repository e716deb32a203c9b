"""A daemon and a host of the Python system."""

import json
import unittest

import plugins_for_tests as given
from harness.host import PATIENCE, Host
from harness.mesh import MeshTest
from harness.ports import free_port
from harness.wait import wait_until
from msw import Datapack
from old_host import OldHost


class Old(MeshTest):
    def old(self, name: str = "old", **kwargs: object) -> OldHost:
        host = OldHost(name, free_port(), **kwargs)  # type: ignore[arg-type]
        self.addCleanup(lambda: self.assertEqual(host.offences, [], "what an old host can't bear"))
        self.addCleanup(host.close)
        return host

    def gateway(self, old: OldHost) -> Host:
        """A host that dials that one."""
        return self.host("new").gateway_for(f"{old.id} 127.0.0.1:{old.port}")

    def test_it_is_dialled_and_greeted(self) -> None:
        old = self.old()
        host = self.gateway(old).start()
        wait_until(lambda: old.of("handshake"), PATIENCE)
        hello = old.of("handshake")[0]
        wanted = {"id": "new", "from": "net", "listen_port": str(host.legacy_port), "length": "0"}
        self.assertEqual(hello.method, "post")
        self.assertEqual({name: hello.head[name] for name in wanted}, wanted)
        self.wait_peers(host, "old")
        self.assertEqual((host.peers()["old"]["direction"], host.peers()["old"]["old"]), ("out", True))

    def test_it_dials_and_asks(self) -> None:
        host = self.host("new").gateway_for("old")
        host.add_plugin("echo", given.ECHO)
        host.start()
        old = self.old()
        old.dial(host.legacy_port)
        self.wait_peers(host, "old")
        self.assertEqual(host.peers()["old"]["direction"], "in")
        old.send("new", "get", "echo", {"from": "tester", "flag": "0000beef"}, b"hi")
        answer = wait_until(lambda: old.of("tester"), PATIENCE)[0]
        self.assertEqual((answer.method, answer.body, answer.head["id"], answer.head["flag"], answer.head["from"]),
                         ("reply", b"hi", "new", "0000beef", "echo"))
        self.assertNotIn("to", answer.head)

    def test_many_at_once_arrive_one_by_one_and_whole(self) -> None:
        old = self.old(buffsize=1 << 16)
        host = self.gateway(old).start()
        self.wait_peers(host, "old")
        with host.attach() as sender:
            for i in range(200):
                sender.send(Datapack("post", "sink", {"to": "old"}, f"number {i} ".encode() + b"x" * (i * 10)))
        wait_until(lambda: len(old.of("sink")) == 200, PATIENCE, "200 arrived")
        self.assertEqual([s.body.split()[1] for s in old.of("sink")], [str(i).encode() for i in range(200)])
        self.assertEqual([len(s.body) for s in old.of("sink")], [int(s.head["length"]) for s in old.of("sink")])
        # Written in one go nearly all of them would come behind another.
        self.assertLess(old.behind, 100)

    def test_a_star_means_it_only_if_asked_to(self) -> None:
        host = self.host("new").gateway_for("old").start()
        old = self.old()
        old.dial(host.legacy_port)
        self.wait_peers(host, "old")
        refused = host.ask("log", "x", {"to": "*"})
        self.assertEqual(refused.head["error"], "no-such-host")
        self.assertIn("with-legacy: yes", refused.text)
        self.assertEqual(host.json("net", "targets *"), [])
        self.assertEqual(host.json("net", "targets *", {"with-legacy": "yes"}), ["old"])
        with host.attach() as client:
            client.send(Datapack("post", "log", {"to": "*", "with-legacy": "yes"}, "for all"))
        wait_until(lambda: [s.body for s in old.of("log")] == [b"for all"])

    def test_what_it_cannot_take_is_answered_with_an_error(self) -> None:
        old = self.old()
        host = self.gateway(old).start()
        self.wait_peers(host, "old")
        for head, body in (({"x": "a: b"}, b""), ({}, bytes(5000)), ({"x": "two\nlines"}, b"")):
            with self.subTest(head=head):
                self.assertIn(host.ask("sink", body, {"to": "old", **head}).head.get("error"),
                              ("bad-request", "too-large", "unsupported"))
        self.assertEqual(old.of("sink"), [])

    def test_addresses_and_proxies_are_exchanged(self) -> None:
        nobody = free_port()
        old = self.old()
        old.mht = [("127.0.0.1", nobody)]
        old.proxies = {"hidden": "old"}
        host = self.gateway(old).start()
        wait_until(lambda: f"127.0.0.1:{nobody}" in host.ask("net", "status").text, PATIENCE, "it knows what it was told")
        asked = old.of("net")[0]
        self.assertEqual((asked.method, asked.body), ("get", b"mht"))
        old.send("new", "get", "net", {"from": "net", "flag": "0000cafe"}, b"mht")
        answer = wait_until(lambda: [s for s in old.of("net") if s.method == "reply"], PATIENCE)[0]
        self.assertEqual(answer.head["flag"], "0000cafe")
        told = json.loads(answer.body)
        self.assertIn(["127.0.0.1", old.port], told["mht"])
        self.assertNotIn(f"127.0.0.1:{nobody}: ", host.log, "nobody dials what an old host tells")
        with host.attach() as sender:
            sender.send(Datapack("post", "sink", {"to": "hidden"}, b"through the proxy"))
            passed = wait_until(lambda: old.of("sink"), PATIENCE)[0]
        self.assertEqual((passed.head["to"], passed.body), ("hidden", b"through the proxy"))

    def test_a_file_goes_both_ways(self) -> None:
        old = self.old()
        host = self.host("new").gateway_for("old")
        host.add_plugin("files", given.FILES)
        host.start()
        old.dial(host.legacy_port)
        self.wait_peers(host, "old")
        old.send("new", "file", "files", {"from": "tester", "flag": "1", "filename": "res/a.bin"}, bytes(100_000))
        answer = wait_until(lambda: old.of("tester"), PATIENCE)[0]
        self.assertTrue(answer.body.startswith(b"100000 100000 "))
        with host.attach() as sender, open(host.files / "res" / "a.bin", "rb") as file:
            sender.send(Datapack("file", "sink", {"to": "old", "filename": "b.bin", "fds": "1"}), fd=file.fileno())
            got = wait_until(lambda: old.of("sink"), PATIENCE)[0]
        self.assertEqual((got.method, got.head["filename"], len(got.body)), ("file", "b.bin", 100_000))
        old.send("new", "file", "files", {"from": "tester", "flag": "2", "filename": "../../evil"}, b"x" * 100)
        wait_until(lambda: len(old.of("tester")) > 1 or "evil" in host.log, PATIENCE, "it was refused aloud")
        self.assertEqual(list(self.folder.rglob("evil")), [])

    def test_a_bad_handshake_is_closed(self) -> None:
        host = self.host("new").gateway_for("shy").start()
        for name, fields, words in (("new", {}, "its own id"), ("-bad", {}, "no valid id"), ("stranger", {}, "not listed"),
                                    ("shy", {"onlyuseproxy": "someone-else"}, "another's ward")):
            with self.subTest(words):
                old = self.old(name, handshake_fields=fields)
                old.dial(host.legacy_port)
                wait_until(lambda o=old: not o.links, PATIENCE, f"closed: {words}")
        self.assertEqual(host.peers(), {})


if __name__ == "__main__":
    unittest.main()
