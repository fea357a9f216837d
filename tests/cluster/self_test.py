#!/usr/bin/python3
"""Shows that each of the test servers works by itself, without sweetspot. Exit code 77: none is installed."""
import needs
from leftovers_test import LeftoversTest
from postgres_test import PostgresTest
from proxy_test import ProxyTest
from slurm_test import SlurmTest

__all__ = ["LeftoversTest", "PostgresTest", "ProxyTest", "SlurmTest"]

if __name__ == "__main__":
    needs.main()
