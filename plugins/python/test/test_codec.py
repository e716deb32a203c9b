"""The codec of msw.py: what it writes, what it reads, what it refuses."""

import random
import unittest

import msw
from msw import Datapack, DecodeError, Decoder


def decode_one(data: bytes) -> Datapack:
    decoder = Decoder()
    datapacks = decoder.feed(data)
    assert decoder.between and len(datapacks) == 1, datapacks
    return datapacks[0]


class Encode(unittest.TestCase):
    def test_is_what_the_protocol_page_shows(self) -> None:
        head = {"id": "hmsy", "from": "test", "to": "miku", "flag": "1a2b3c4d5e6f7081"}
        d = Datapack("post", "shell", head, b"uptime")
        self.assertEqual(d.encode(), b"post shell msw/1\nid: hmsy\nfrom: test\nto: miku\nflag: 1a2b3c4d5e6f7081\n"
                                     b"length: 6\n\nuptime")

    def test_leaves_empty_fields_out_and_counts_the_body_itself(self) -> None:
        d = Datapack("post", "a", {"to": "", "length": "99"}, "ä")
        self.assertEqual(d.encode(), b"post a msw/1\nlength: 2\n\n\xc3\xa4")

    def test_escapes_what_a_line_cannot_hold(self) -> None:
        d = Datapack("file", "a", {"filename": "a%b\n\x7f\udcffé"})
        self.assertIn(b"filename: a%25b%0A%7F%FF\xc3\xa9\n", d.encode())

    def test_old_version_goes_raw(self) -> None:
        d = Datapack("post", "a", {"x": "100%\udcff"}, version="msw/0.1")
        self.assertEqual(d.encode(), b"post a msw/0.1\nx: 100%\xff\nlength: 0\n\n")
        d.head["x"] = "a\nb"
        with self.assertRaisesRegex(ValueError, "line end"):
            d.encode()

    def test_refuses_what_cannot_be_written(self) -> None:
        for d, why in ((Datapack("po st", "a"), "method"), (Datapack("post", ""), "app"),
                       (Datapack("post", "a\n"), "app"), (Datapack("post", "a", {"x y": "1"}), "field name"),
                       (Datapack("post", "a", {"x": "\0"}), "NUL"), (Datapack("post", "a", {"x": "y" * 16384}), "head"),
                       (Datapack("post", "a", {f"f{i}": "1" for i in range(128)}), "fields"),
                       (Datapack("post", "a", body=bytes(msw.BODY_LIMIT + 1)), "body")):
            with self.assertRaisesRegex(ValueError, why):
                d.encode()


class Decode(unittest.TestCase):
    def test_reads_both_versions(self) -> None:
        new = decode_one(b"post a msw/1\nx: %25\nlength: 1\n\nz")
        old = decode_one(b"post a msw/0.1\nx: %25\nlength: 1\n\nz")
        self.assertEqual((new.head["x"], old.head["x"], new.body), ("%", "%25", b"z"))

    def test_a_value_may_hold_a_colon(self) -> None:
        self.assertEqual(decode_one(b"post a msw/1\nx: a: b\nlength: 0\n\n").head, {"x": "a: b"})

    def test_refuses_what_breaks_the_rules(self) -> None:
        head = b"post a msw/1\n"
        for data in (b"post a\nlength: 0\n\n", b"post  a msw/1\nlength: 0\n\n", b"post a msw/2\nlength: 0\n\n",
                     head + b"\n", head + b"length: -1\n\n", head + b"length: 1x\n\n", head + b"length:\n\n",
                     head + b"length: \xc2\xb2\n\n", head + b"length: 16777217\n\n",
                     head + b"x: 1\nx: 2\nlength: 0\n\n", head + b"length: 0\nlength: 0\n\n",
                     head + b"x y: 1\nlength: 0\n\n", head + b"x:1\nlength: 0\n\n", head + b"x\nlength: 0\n\n",
                     head + b"x: %\nlength: 0\n\n", head + b"x: %4\nlength: 0\n\n", head + b"x: %00\nlength: 0\n\n",
                     head + b"x: %zz\nlength: 0\n\n", head + b"x: \xff\nlength: 0\n\n",
                     head + b"x: \x07\nlength: 0\n\n", head + b"x: \0\nlength: 0\n\n", head + b"x: " + b"y" * 16384,
                     head + b"".join(b"f%d: 1\n" % i for i in range(128)) + b"length: 0\n\n"):
            with self.subTest(data=data[:60]), self.assertRaises(DecodeError):
                Decoder().feed(data)

    def test_knows_whether_it_stands_between_two(self) -> None:
        decoder = Decoder()
        self.assertTrue(decoder.between)
        decoder.feed(b"post a msw/1\nlength: 2\n\nx")
        self.assertFalse(decoder.between)
        self.assertEqual(len(decoder.feed(b"y")), 1)
        self.assertTrue(decoder.between)


class RoundTrip(unittest.TestCase):
    """Random Datapacks of odd bytes, cut anywhere, come back as they were."""

    def random_datapack(self, rng: random.Random, version: str) -> Datapack:
        def value() -> str:
            odd = [37, 58, 32, 10, 195, 169]
            raw = bytes(rng.choice([rng.randrange(1, 256), *odd]) for _ in range(rng.randrange(1, 12)))
            if version == "msw/0.1":
                raw = raw.replace(b"\n", b"?")
            return raw.decode("utf-8", "surrogateescape")

        head = {f"f{i}": value() for i in range(rng.randrange(6))}
        return Datapack(rng.choice(["post", "get", "reply"]), rng.choice(["a", "a&b", "@12", "all"]), head,
                        rng.randbytes(rng.randrange(200)), version)

    def test_however_the_bytes_are_cut(self) -> None:
        for seed in range(300):
            rng = random.Random(seed)
            sent = [self.random_datapack(rng, rng.choice(["msw/1", "msw/0.1"])) for _ in range(4)]
            data = b"".join(d.encode() for d in sent)
            decoder, received = Decoder(), []
            while data:
                cut = rng.randrange(1, rng.choice([3, 50, 2000]))
                received += decoder.feed(data[:cut])
                data = data[cut:]
            # Bytes that are UTF-8 only once they stand together are one character on the other side.
            for d in sent:
                for name, value in d.head.items():
                    d.head[name] = value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
            self.assertEqual(received, sent, f"seed {seed}")
            self.assertTrue(decoder.between)


class Reply(unittest.TestCase):
    def test_goes_back_where_it_came_from(self) -> None:
        asked = Datapack("get", "shell", {"from": "test", "id": "miku", "flag": "12", "to": "me"}, "x")
        answer = asked.reply("y")
        self.assertEqual(answer, Datapack("reply", "test", {"to": "miku", "flag": "12"}, b"y"))

    def test_error_has_code_and_sentence(self) -> None:
        answer = Datapack("get", "shell", {"from": "test"}).error("bad-request", "no such word")
        self.assertEqual((answer.head, answer.text), ({"error": "bad-request"}, "no such word"))


if __name__ == "__main__":
    unittest.main()
