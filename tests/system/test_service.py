"""The unit as a person uses it, in a booted container."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from container import Container, Unavailable, wait_until  # noqa: E402

UNIT = "mswd.service"


class ServiceTest(unittest.TestCase):
    """One container for all; each test finds mswd running and leaves it so."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.box = Container()
            cls.addClassCleanup(cls.box.close)
            cls.box.install()
            # Soon enough for a test; else as shipped.
            cls.box.write("/etc/systemd/system/mswd.service.d/test.conf",
                          "[Service]\nWatchdogSec=2\nTimeoutAbortSec=2\n")
            cls.box.boot()
        except Unavailable as why:
            print(f"\nNO CONTAINER, so the service is NOT TESTED: {why}\n", file=sys.stderr)
            raise unittest.SkipTest(str(why)) from why
        cls.box.check("systemd-sysusers")
        cls.box.check("systemctl", "enable", UNIT)

    def setUp(self):
        self.box.write("/etc/mswd/config.json", '{"id": "miku"}\n')
        self.box.run("systemctl", "reset-failed", UNIT)
        self.box.check("systemctl", "start", UNIT)

    def state(self):
        return self.box.show(UNIT, "ActiveState", "SubState", "MainPID", "StatusText", "NRestarts", "Result",
                             "ExecMainStatus")

    def up_again(self, old_pid):
        def is_up():
            now = self.state()
            return now if now["ActiveState"] == "active" and now["MainPID"] not in ("0", old_pid) else None
        return wait_until(is_up, "mswd is up again under another pid")

    def journal(self):
        return self.box.check("journalctl", "-b", "-u", UNIT, "-o", "cat")

    def wait_for_line(self, text, times=1):
        """The journal takes lines in its own time."""
        wait_until(lambda: self.journal().count(text) >= times, f"{text!r} is in the journal")

    def status(self):
        return json.loads(self.box.check("mswctl", "--json", "status"))

    def test_start_is_ready_and_says_so(self):
        state = self.state()
        self.assertEqual(state["ActiveState"], "active")
        self.assertIn("miku is up with", state["StatusText"])
        self.assertEqual(self.status()["id"], "miku")
        self.assertEqual(str(self.box.check("stat", "-c", "%a %G", "/run/mswd/control.sock")), "660 mswd")
        self.assertEqual(self.box.check("cat", f"/proc/{state['MainPID']}/comm"), "mswd")

    def test_a_command_runs_as_user_mswd(self):
        self.assertEqual(self.box.check("mswctl", "call", "--here", "shell:id -un"), "mswd")

    def test_others_may_not_use_the_socket(self):
        done = self.box.run("mswctl", "status", user="nobody", group="nogroup")
        self.assertEqual(done.returncode, 3)
        self.assertIn("group mswd", done.stderr)

    def test_restart_comes_back(self):
        before = self.state()["MainPID"]
        self.box.check("mswctl", "restart")
        self.assertEqual(self.up_again(before)["Result"], "success")

    def test_exit_stays_down_and_is_no_failure(self):
        self.box.check("mswctl", "exit")
        wait_until(lambda: self.state()["ActiveState"] == "inactive", "mswd is down")
        state = self.state()
        self.assertEqual(state["Result"], "success")
        self.assertEqual(state["ExecMainStatus"], "77")
        self.assertEqual(self.box.run("systemctl", "is-failed", UNIT).stdout.strip(), "inactive")

    def test_a_crash_comes_back(self):
        before = self.state()["MainPID"]
        self.box.check("kill", "-KILL", before)
        self.up_again(before)

    def test_crashes_are_slowed_down_and_an_orderly_end_is_none(self):
        self.box.check("systemctl", "restart", UNIT)
        note = (self.box.root / "var/lib/mswd/crash-note").read_text().split()
        self.assertEqual(note[2], "0", "milliseconds this start was held back")
        for wait in ("0.5 s", "1.0 s"):
            before = self.state()["MainPID"]
            said = self.journal().count("crashed; it is started again in " + wait)
            self.box.check("kill", "-KILL", before)
            self.up_again(before)
            self.wait_for_line("crashed; it is started again in " + wait, said + 1)

    def test_a_stuck_loop_is_ended_by_the_watchdog(self):
        before = self.state()["MainPID"]
        self.box.check("kill", "-STOP", before)
        self.up_again(before)
        self.wait_for_line("Watchdog timeout")

    def test_reload_waits_for_its_verdict(self):
        self.box.write("/etc/mswd/config.json", '{"id": "miku", "shell": {"timeout_s": 5}}\n')
        self.box.check("systemctl", "reload", UNIT)
        self.box.write("/etc/mswd/config.json", '{"id": "miku",\n "listen_port": "many"}\n')
        done = self.box.run("systemctl", "reload", UNIT)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.state()["ActiveState"], "active")
        self.assertEqual(self.status()["id"], "miku")
        self.wait_for_line("/etc/mswd/config.json:2:17: `listen_port` must be a whole number")

    def test_stop_with_commands_under_way_is_orderly(self):
        pid = self.state()["MainPID"]
        self.box.check("mswctl", "send", "--no-wait", "shell:echo begun > begun\\; exec cat /dev/zero > /dev/null", "--here")
        wait_until(lambda: (self.box.root / "var/lib/mswd/files/begun").exists(), "the command runs")
        self.box.check("systemctl", "stop", UNIT)
        self.assertEqual(self.state()["Result"], "success")
        self.assertNotEqual(self.box.run("pgrep", "-x", "cat").returncode, 0)
        self.assertNotIn("queues were not empty", self.box.check("journalctl", f"_PID={pid}", "-o", "cat"))
        (self.box.root / "var/lib/mswd/files/begun").unlink()

    def test_the_journal_has_fields(self):
        self.box.check("mswctl", "send", "log:a line for the journal", "-f", "flag=f1a9")
        def found():
            text = self.box.run("journalctl", "-b", "-o", "json", "MSW_APP=log", "MSW_FLAG=f1a9").stdout
            return [json.loads(line) for line in text.splitlines()]
        row = wait_until(found, "the line is in the journal")[-1]
        self.assertIn("a line for the journal", row["MESSAGE"])
        self.assertEqual(row["MSW_ID"], "miku")
        self.assertTrue(row["MSW_FROM"].startswith("@"))
        log = self.box.check("cat", "/var/log/mswd/log.txt")
        self.assertIn(": a line for the journal", log)

    def test_without_a_bus_it_runs_all_the_same(self):
        self.box.check("systemctl", "stop", "dbus.socket", "dbus.service")
        try:
            before = self.state()["MainPID"]
            self.box.check("systemctl", "restart", UNIT)
            self.up_again(before)
            self.assertEqual(self.box.check("mswctl", "call", "--here", "shell:echo alive"), "alive")
        finally:
            self.box.check("systemctl", "start", "dbus.socket")

    def test_a_bad_config_at_the_start_names_its_place(self):
        self.box.check("systemctl", "stop", UNIT)
        self.box.write("/etc/mswd/config.json", "{\n")
        done = self.box.run("systemctl", "start", UNIT)
        self.assertNotEqual(done.returncode, 0)
        self.wait_for_line("/etc/mswd/config.json:2:1: ")
        self.box.check("systemctl", "stop", UNIT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
