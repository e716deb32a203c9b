"""A clock that jumps. Not in builds with a sanitizer: libfaketime would be in its way."""

import glob
import unittest

import plugins_for_tests as given
from harness.mesh import MeshTest
from harness.wait import wait_until
from msw import Datapack


class Clock(MeshTest):
    def test_it_may_jump(self) -> None:
        """A year ahead, two back: nothing that waits ends too early or never."""
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not library:
            self.skipTest("the clock can't be faked: libfaketime is missing")
        offset = self.folder / "offset"
        offset.write_text("+0")
        host = self.host()
        host.add_plugin("echo", given.ECHO)
        host.add_plugin("crash", given.CRASH)
        host.start({"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
        with host.attach() as client, host.attach("mine"):
            for jump in ("+1y", "-2y", "+0"):
                client.send(Datapack("get", "shell", {"flag": f"during {jump}"}, "sleep 1; date +%Y"))
                offset.write_text(jump)
                restarts = host.plugin("crash")["restarts"]
                self.assertEqual(client.ask("echo", jump).text, jump)
                answer = wait_until(client.receive, what="the command's answer")
                self.assertEqual(answer.head["flag"], f"during {jump}")
                self.assertNotIn("error", answer.head)
                wait_until(lambda: host.plugin("crash")["restarts"] > restarts,  # pylint: disable=cell-var-from-loop
                           what="a plugin that fails is started again")
        years = {line[:4] for line in host.log.splitlines() if " info " in line or " warning " in line}
        self.assertGreaterEqual(len(years), 2, "the clock never jumped")
        self.assertEqual(host.stop(), 0)


if __name__ == "__main__":
    unittest.main()
