"""What a test does where the servers that it needs are not installed: it is skipped, or, where
SWEETSPOT_NEEDS_SERVERS=1 says that they have to be there, it fails."""
import os
import sys
import unittest

SKIPPED = 77  # what ctest takes for a skip


def missing(*servers):
    """The names of those that aren't there; an error where they have to be."""
    names = ", ".join(server.__name__ for server in servers if not server.is_available())
    if names and os.environ.get("SWEETSPOT_NEEDS_SERVERS") == "1":
        raise RuntimeError(f"SWEETSPOT_NEEDS_SERVERS=1, but there is no {names}")
    return names


def servers(*classes):
    """For setUpClass: skips the tests where one of these servers is missing."""
    if names := missing(*classes):
        raise unittest.SkipTest(f"no {names} on this machine")


def main():
    """unittest.main, with exit code 77 where every test was skipped."""
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    # A class that is skipped whole is no test that ran.
    skipped = sum(isinstance(test, unittest.TestCase) for test, _ in result.skipped)
    sys.exit(SKIPPED if result.skipped and result.testsRun == skipped else 0)
