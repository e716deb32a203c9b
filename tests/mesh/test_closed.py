"""A mesh is closed: who may join it, who is let in, and who is not any more."""

import json
import socket
import ssl
import subprocess
import threading
import time
import unittest
from pathlib import Path
from typing import List, Optional

from harness.host import PATIENCE, Host
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack


class ClosedTest(MeshTest):
    @property
    def admin(self) -> str:
        return str(self.folder / "admin.key")

    def alone(self, name: str) -> Host:
        """A host in no mesh, up."""
        return self.host(name, member=False).start()

    def invite(self, host: Host, *more: str) -> str:
        done = host.ctl("invite", "--admin-key", self.admin, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        host.wait_ready()
        wait_until(lambda: host.json("net", "roster")["mesh"], PATIENCE, f"{host.id} is in a mesh")
        return done.stdout.strip()

    def join(self, host: Host, token: str, *more: str) -> None:
        done = host.ctl("join", "-", *more, stdin=token + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: host.json("net", "roster")["mesh"], PATIENCE, f"{host.id} is in a mesh")

    def refused(self, host: Host, token: str, because: str, *more: str) -> None:
        done = host.ctl("join", "-", *more, stdin=token)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(because, done.stderr)
        for line in (done.stderr, done.stdout, *(h.log for h in self.hosts)):
            self.assertNotIn(token[20:60] or "?", line, "a token was shown")

    def pair(self) -> List[Host]:
        a, b = self.alone("a"), self.alone("b")
        self.join(b, self.invite(a))
        self.wait_peers(a, "b")
        return [a, b]


class Join(ClosedTest):
    def test_two_lines_make_a_mesh(self) -> None:
        a, b = self.pair()
        self.assertEqual(a.ctl("call", "shell:echo here", "--to", "b").stdout, "here\n")
        rows = {row["id"]: row for row in b.json("net", "roster")["members"]}
        self.assertEqual(sorted(rows), ["a", "b"])
        self.assertEqual((rows["a"]["roles"], rows["b"]["roles"]), (["control"], []))
        self.assertEqual({a.json("net", "roster")["digest"], b.json("net", "roster")["digest"]}.__len__(), 1)
        for path in (Path(self.admin), Path(self.admin + ".recovery"), a.state / "host-key", a.state / "roster"):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)

    def test_a_third_joins_by_way_of_the_second_and_all_know_each_other(self) -> None:
        a, b = self.pair()
        c = self.alone("c")
        made = b.ctl("invite", "--admin-key", self.admin, "--role", "render")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.join(c, made.stdout.strip())
        for host in (a, b, c):
            wait_until(lambda h=host: len(h.json("net", "roster")["members"]) == 3, PATIENCE)
        self.wait_peers(c, "a", "b")
        self.assertEqual(a.json("net", "targets @render"), ["c"])

    def test_members_find_each_other_after_all_were_down(self) -> None:
        a, b = self.pair()
        wait_until(lambda: f":{a.port}" in (b.state / "known-addresses").read_text(), PATIENCE)
        self.assertEqual((a.stop(), b.stop()), (0, 0))
        b.start()
        a.start()
        self.wait_peers(a, "b")

    def test_a_token_is_good_once(self) -> None:
        a, c = self.alone("a"), self.alone("c")
        token = self.invite(a)
        self.join(self.alone("b"), token)
        self.refused(c, token, "used as often as it may be")

    def test_of_two_at_once_one_joins(self) -> None:
        a, b, c = self.alone("a"), self.alone("b"), self.alone("c")
        token = self.invite(a)
        done: List[Optional["subprocess.CompletedProcess[str]"]] = [None, None]

        def go(n: int, host: Host) -> None:
            done[n] = host.ctl("join", "-", stdin=token)
        threads = [threading.Thread(target=go, args=(n, host)) for n, host in enumerate((b, c))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(d.returncode != 0 for d in done if d), [False, True])

    def test_what_was_not_heard_is_answered_again(self) -> None:
        """The host lost its roster before it was written: the same token admits the same host."""
        a, b = self.alone("a"), self.alone("b")
        token = self.invite(a)
        self.join(b, token)
        self.assertEqual(b.stop(), 0)
        (b.state / "roster").unlink()
        (b.state / "member-id").unlink()
        b.start()
        self.join(b, token)
        self.assertEqual(len(a.json("net", "roster")["members"]), 2)

    def test_tokens_that_are_none(self) -> None:
        a, b = self.alone("a"), self.alone("b")
        token = self.invite(a)
        for wrong, because in ((token[:-1], "cut off or mistyped"), (token[:300], "cut off or mistyped"),
                               (token[:100] + ("A" if token[100] != "A" else "B") + token[101:], "mistyped"),
                               ("", "is empty"), ("hello there", "does not begin with msw1_"), ("msw1_", "cut off")):
            with self.subTest(wrong=wrong[:10], length=len(wrong)):
                self.refused(b, wrong, because)
        self.assertEqual(b.json("net", "roster")["mesh"], "")

    def test_an_expired_one(self) -> None:
        a, b = self.alone("a"), self.alone("b")
        token = self.invite(a, "--ttl", "1s")
        expires = time.time() + 1
        wait_until(lambda: time.time() > expires + 0.1, PATIENCE)
        self.refused(b, token, "has expired")

    def test_a_taken_id_is_refused_with_a_proposal(self) -> None:
        a, _ = self.pair()
        other = self.alone("b2")
        token = self.invite(a)
        self.refused(other, token, "Free is b-2", "--id", "b")
        self.join(other, token, "--id", "b-2")
        wait_until(lambda: other.json("mswd", "status")["id"] == "b-2", PATIENCE)
        other.id = "b-2"

    def test_one_that_is_for_another_id(self) -> None:
        a, b = self.alone("a"), self.alone("b")
        self.refused(b, self.invite(a, "--id", "rin"), "is for a host called rin", "--id", "b")

    def test_a_host_of_a_mesh_stays_unless_it_is_told_to_leave(self) -> None:
        a, b = self.pair()
        other = self.alone("x")
        token = other.ctl("invite", "--admin-key", str(self.folder / "other.key")).stdout.strip()
        wait_until(lambda: other.json("net", "roster")["mesh"], PATIENCE)
        self.refused(b, token, "--leave")
        self.join(b, token, "--leave")
        self.wait_peers(other, "b")
        self.wait_peers(a)

    def test_only_root_or_its_own_user_decides(self) -> None:
        a, b = self.pair()
        answer = a.ask("net", "leave", {"to": "b"})
        self.assertEqual(answer.head["error"], "refused")
        self.assertEqual(b.json("net", "roster")["id"], "b")

    def test_an_admin_with_a_passphrase(self) -> None:
        a, b = self.alone("a"), self.alone("b")
        word = self.folder / "word"
        word.write_text("correct horse\n")
        word.chmod(0o600)
        token = self.invite(a, "--passphrase-file", str(word))
        self.assertIn("ENCRYPTED", Path(self.admin).read_text())
        self.assertIn("--passphrase-file", a.ctl("invite", "--admin-key", self.admin).stderr)
        word.write_text("wrong\n")
        self.assertIn("doesn't open it", a.ctl("invite", "--admin-key", self.admin, "--passphrase-file",
                                                str(word)).stderr)
        self.join(b, token)


class Admins(ClosedTest):
    def ctl(self, host: Host, *words: str) -> None:
        done = host.ctl(*words, "--admin-key", self.admin)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_revoked_host_is_cut_off_within_five_seconds(self) -> None:
        a, b = self.pair()
        c = self.alone("c")
        self.join(c, self.invite(a))
        self.wait_peers(c, "a", "b")
        began = time.monotonic()
        self.ctl(a, "revoke", "c")
        self.wait_peers(a, "b")
        self.wait_peers(b, "a")
        self.assertLess(time.monotonic() - began, 5)
        wait_until(lambda: c.json("net", "roster")["mesh"] == "", PATIENCE, "it knows, too")
        self.assertEqual(a.ask("log", "x", {"to": "c"}).head["error"], "no-such-host")
        # With its old files it is nobody; its id is free for another one only if an admin says so.
        done = a.ctl("invite", "--admin-key", self.admin, "--id", "c")
        self.assertIn("--replace", done.stderr)
        other = self.alone("d")
        self.join(other, self.invite(a, "--id", "c", "--replace"))
        other.id = "c"
        self.wait_peers(a, "b", "c")

    def test_one_that_was_away_is_not_let_in_again(self) -> None:
        a, b = self.pair()
        self.assertEqual(b.stop(), 0)
        self.ctl(a, "revoke", "b")
        b.start()
        wait_until(lambda: "is none of a member of this mesh" in a.log, PATIENCE)
        self.assertEqual(a.peers(), {})

    def test_another_id_and_other_keys(self) -> None:
        a, b = self.pair()
        key = b.json("net", "key")["key"]
        self.ctl(a, "rename", "b", "bb")
        b.id = "bb"
        b.wait_ready()
        self.wait_peers(a, "bb")
        self.assertEqual(a.ctl("call", "shell:echo here", "--to", "bb").stdout, "here\n")
        self.ctl(b, "key", "rotate")
        wait_until(lambda: b.json("net", "key")["key"] != key, PATIENCE)
        self.wait_peers(a, "bb")
        self.assertEqual(b.stop(), 0)
        b.start()
        self.wait_peers(a, "bb")

    def test_roles(self) -> None:
        a, b = self.pair()
        self.ctl(a, "grant", "b", "render", "night")
        wait_until(lambda: a.json("net", "targets @night") == ["b"], PATIENCE)
        self.ctl(a, "grant", "b", "--remove", "night")
        wait_until(lambda: b.json("net", "roster")["members"], PATIENCE)
        self.assertEqual(a.ask("net", "targets @night").head["error"], "no-such-role")

    def test_somebody_elses_key_decides_nothing(self) -> None:
        a, b = self.pair()
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(self.folder / "other")], check=True)
        done = a.ctl("revoke", "b", "--admin-key", str(self.folder / "other"))
        self.assertEqual(done.returncode, 5)
        self.assertIn("none of an admin of this mesh", done.stderr)
        self.assertEqual(sorted(a.peers()), ["b"])


class Port(MeshTest):
    """The port, seen by who is no member."""

    def setUp(self) -> None:
        super().setUp()
        self.host_ = self.host().start()
        self.key = self.folder / "key.pem"
        self.certificate = self.folder / "cert.pem"

    def certify(self, algorithm: str = "ed25519") -> None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", algorithm, "-nodes", "-subj", "/CN=x", "-keyout",
                        str(self.key), "-out", str(self.certificate)], check=True, capture_output=True)

    def context(self, certified: bool = True) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["msw/1"])
        if certified:
            self.certify()
            context.load_cert_chain(self.certificate, self.key)
        return context

    def shake(self, context: ssl.SSLContext) -> bytes:
        """@return what it says after the handshake, to its end"""
        got = b""
        with socket.create_connection(("127.0.0.1", self.host_.port), timeout=PATIENCE) as sock, \
                context.wrap_socket(sock) as tls:
            tls.sendall(b"post shell msw/1\nlength: 2\n\nid")
            try:
                while data := tls.recv(65536):
                    got += data
            except ssl.SSLError as error:
                got += str(error).encode()
        return got

    def test_a_key_that_nobody_knows(self) -> None:
        said = self.shake(self.context())
        self.assertIn(b"your key is none of a member of my mesh", said)
        self.assertIn("is none of a member of this mesh", self.host_.log)
        self.assertIn(" strangers=1", self.host_.ask("net", "status").text)

    def test_no_certificate_and_older_versions(self) -> None:
        self.assertRegex(self.shake(self.context(certified=False)), b"(?i)certificate|alert")
        old = self.context()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises(ssl.SSLError):
            self.shake(old)
        other = self.context()
        other.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            self.shake(other)

    def test_openssl_s_client_sees_tls_1_3_and_nothing_else(self) -> None:
        self.certify()
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.host_.port}", "-alpn", "msw/1",
                               "-cert", str(self.certificate), "-key", str(self.key)], input=b"", capture_output=True,
                              timeout=PATIENCE, check=False)
        self.assertIn(b"TLSv1.3", done.stdout)
        self.assertIn(b"ED25519", done.stdout.upper())
        self.assertIn(b"No ALPN negotiated" if b"No ALPN" in done.stdout else b"ALPN protocol: msw/1", done.stdout)
        self.assertNotIn(b"New Session Ticket", done.stdout)

    def test_what_comes_together_with_a_hello_is_heard(self) -> None:
        peer = self.host("peer")
        subprocess.run(["openssl", "req", "-x509", "-new", "-key", str(peer.state / "host-key"), "-subj", "/CN=x", "-out",
                        str(self.certificate)], check=True, capture_output=True)
        context = self.context(certified=False)
        context.load_cert_chain(self.certificate, peer.state / "host-key")
        roster = self.host_.json("net", "roster")["digest"]
        hello = Datapack("link", "hello", {"id": "peer", "epoch": "1", "run": "00000000000000aa", "listen_port": "0",
                                           "onlyproxy": "", "roster": roster, "time": str(int(time.time() * 1000)),
                                           "can": "flows routes roster"})
        much = Datapack("link", "bye", {}, b"see you" + bytes(60_000))
        with socket.create_connection(("127.0.0.1", self.host_.port), timeout=PATIENCE) as sock, \
                context.wrap_socket(sock) as tls:
            tls.sendall(hello.encode() + much.encode())
            wait_until(lambda: "peer says goodbye: see you" in self.host_.log, PATIENCE)
        self.assertNotIn("didn't say who it is", self.host_.log)

    def test_clear_text_is_no_tls(self) -> None:
        for text in (b"post handshake msw/0.1\nid: x\nflag: 1\nlength: 0\n\n", b"GET / HTTP/1.1\r\n\r\n", bytes(5000)):
            with self.subTest(text=text[:8]), socket.create_connection(("127.0.0.1", self.host_.port)) as sock:
                sock.settimeout(PATIENCE)
                sock.sendall(text)
                self.assertLess(len(sock.recv(65536)), 16)
        wait_until(lambda: self.host_.peers() == {}, PATIENCE)


if __name__ == "__main__":
    unittest.main()
