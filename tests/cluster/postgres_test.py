#!/usr/bin/python3
"""The private PostgreSQL by itself. Exit code 77: it is not installed."""
import subprocess
import sys
import unittest
from pathlib import Path

import needs
from postgres import Postgres, outcome, session

SCRIPT = Path(__file__).with_name("postgres.py")


class PostgresTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres(password="a b/c@d", settings={"max_connections": 20}))

    def test_settings(self):
        self.assertEqual(self.server.psql("SHOW max_connections; SHOW fsync; SELECT 1, 2"), "20\non\n1|2")

    def test_tcp_asks_for_the_password(self):
        url = self.server.url()
        self.assertEqual(outcome(session(url, "SELECT 5")), (0, "5", ""))
        code, _, wrong = outcome(session(url.replace("%20b", ""), "SELECT 5"))
        self.assertNotEqual(code, 0)
        self.assertIn("password authentication failed", wrong)

    def test_what_was_committed_survives_a_crash(self):
        self.server.psql("CREATE TABLE kept (number int); INSERT INTO kept VALUES (7)")
        for mode in ("immediate", "fast"):
            self.server.restart(mode)
            self.assertEqual(self.server.psql("SELECT number FROM kept"), "7")

    def test_wrong_sql_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "syntax error"):
            self.server.psql("SELEC")

    def test_script_hands_the_url_on(self):
        script = 'test -n "$SWEETSPOT_TEST_POSTGRES" && psql "$SWEETSPOT_TEST_POSTGRES" -XAtc "SELECT 1" && exit 5'
        done = subprocess.run([sys.executable, SCRIPT, "sh", "-c", script], stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (5, b"1\n"))


if __name__ == "__main__":
    needs.main()
