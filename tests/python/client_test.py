#!/usr/bin/python3
"""The client for Python (python/sweetspot.py): what becomes of SIGTERM."""
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

os.environ["SWEETSPOT_TRIAL"] = "0"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
sys.dont_write_bytecode = True
import sweetspot  # noqa: E402


def say_and_sleep(there):
    there.set()
    time.sleep(60)


class Sigterm(unittest.TestCase):
    def tearDown(self):
        sweetspot._told_to_stop = False

    def test_is_noted_by_the_program(self):
        self.assertFalse(sweetspot.should_stop())
        os.kill(os.getpid(), signal.SIGTERM)
        self.assertTrue(sweetspot.should_stop())

    def test_ends_children_however_they_are_started(self):
        for method in ("fork", "spawn", "forkserver"):
            with self.subTest(method):
                context = multiprocessing.get_context(method)
                there = context.Event()
                child = context.Process(target=say_and_sleep, args=(there,))
                child.start()
                self.assertTrue(there.wait(20))
                child.terminate()
                child.join(20)
                self.assertEqual(child.exitcode, -signal.SIGTERM)

    def test_is_left_to_a_handler_that_a_child_sets(self):
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(20)
            os._exit(1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)

    def test_is_left_alone_outside_sweetspot(self):
        code = "import signal, sweetspot; print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)"
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(sweetspot.__file__)}
        del environment["SWEETSPOT_TRIAL"]
        shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        self.assertEqual(shown.stdout, "True\n", shown.stderr)


if __name__ == "__main__":
    unittest.main()
