#!/usr/bin/python3
"""However a test ends, none of its servers outlives it. Exit code 77: none is installed."""
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import needs
from leash import processes_of, wait_until
from postgres import Postgres
from slurm import Slurm

HERE = Path(__file__).resolve().parent


class LeftoversTest(unittest.TestCase):
    def check(self, server, how):
        needs.servers(server)
        program = f"from {server.__module__} import *\n" \
                  f"with {server.__name__}() as server: print(server.folder, flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", program], cwd=HERE, text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as test:
            folder = Path(test.stdout.readline().strip())
            self.assertTrue(folder.is_absolute() and processes_of(folder.name), folder)
            test.send_signal(how)
            test.wait()
        wait_until(lambda: not folder.exists() and not processes_of(folder.name), 60,
                   lambda: f"{folder}: {processes_of(folder.name)}")

    def test_postgres(self):
        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
            self.check(Postgres, how)

    def test_slurm(self):
        for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
            self.check(Slurm, how)


if __name__ == "__main__":
    needs.main()
