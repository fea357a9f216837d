#!/usr/bin/python3
"""The proxy by itself, between psql and PostgreSQL. Exit code 77: that is not installed."""
import subprocess
import time
import unittest

import needs
from leash import wait_until
from postgres import Postgres, outcome, session
from proxy import Proxy


class ProxyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres())

    def setUp(self):
        self.proxy = self.enterContext(Proxy(self.server.url()))

    def sleeper(self):
        asked = session(self.proxy.url, "SELECT pg_sleep(60)")
        wait_until(lambda: self.server.psql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"), 30,
                   lambda: "no session")
        return asked

    def assert_lost(self, asked):
        code, _, wrong = outcome(asked)
        self.assertEqual(code, 2)
        self.assertRegex(wrong, "connection to server was lost|Connection reset|closed the connection")

    def test_passes_on(self):
        self.assertEqual(outcome(session(self.proxy.url, "SELECT repeat('x', 1000000)")), (0, "x" * 1000000, ""))
        wait_until(lambda: self.proxy.connections() == 0, 30, lambda: "a connection was left")

    def test_delay(self):
        self.proxy.delay = 0.3
        start = time.monotonic()
        self.assertEqual(outcome(session(self.proxy.url, "SELECT 5"))[1], "5")
        self.assertGreater(time.monotonic() - start, 4 * 0.3)  # two questions and their answers at least

    def test_cut(self):
        asked = self.sleeper()
        self.proxy.cut()
        self.assert_lost(asked)
        self.assertEqual(outcome(session(self.proxy.url, "SELECT 5"))[1], "5")

    def test_refuse(self):
        asked = self.sleeper()
        self.proxy.refuse()
        self.assert_lost(asked)
        code, _, wrong = outcome(session(self.proxy.url, "SELECT 5"))
        self.assertEqual(code, 2)
        self.assertIn("Connection refused", wrong)
        self.proxy.refuse(False)
        self.assertEqual(outcome(session(self.proxy.url, "SELECT 5"))[1], "5")

    def test_freeze(self):
        self.proxy.freeze()
        asked = session(self.proxy.url, "SELECT 5")
        with self.assertRaises(subprocess.TimeoutExpired):
            asked.wait(0.5)
        self.proxy.freeze(False)
        self.assertEqual(outcome(asked)[1], "5")

    def test_drop_of_an_answer(self):
        self.server.psql("CREATE TABLE answered (number int)")
        self.proxy.drop_after(100000, "to_client")
        # The server commits before it sends what is too long: else it might find the line broken first.
        self.assert_lost(session(self.proxy.url, "BEGIN; INSERT INTO answered VALUES (1); COMMIT; "
                                                 "SELECT repeat('x', 200000)"))
        self.assertFalse(self.proxy.is_drop_pending())
        self.assertEqual(self.server.psql("SELECT number FROM answered"), "1")  # done, but nobody was told

    def test_drop_of_a_question(self):
        self.server.psql("CREATE TABLE asked (number int)")
        self.proxy.drop_after(50000, "to_server")
        self.assert_lost(session(self.proxy.url, f"INSERT INTO asked VALUES (1) /* {'x' * 100000} */"))
        self.assertEqual(self.server.psql("SELECT number FROM asked"), "")


if __name__ == "__main__":
    needs.main()
