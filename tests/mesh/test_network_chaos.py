"""The chaos of test_chaos.py with a third host, and with cables that are pulled as well."""

import unittest

from harness.network import NetTest
from test_chaos import Faults, Ledgers
from test_durable import LEDGER


class NetworkChaos(Ledgers, NetTest):
    def test_nor_is_it_when_cables_are_pulled_as_well(self) -> None:
        a, b, c = (self.net_host(name) for name in ("a", "b", "c"))
        cables = ab, ac, bc = self.cable(a, b), self.cable(a, c), self.cable(b, c)
        a.write_addresses(ab.address(b), ac.address(c))
        b.write_addresses(ab.address(a), bc.address(c))
        c.write_addresses(ac.address(a), bc.address(b))
        b.add_plugin("ledger", LEDGER)
        for host in (a, b, c):
            host.start()
        self.wait_peers(a, "b", "c")
        self.flow_through(Faults((a, b, c), cables), a, b)


if __name__ == "__main__":
    unittest.main()
