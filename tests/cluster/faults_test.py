#!/usr/bin/python3
"""Workers whose server, line or machine fails them: the study comes out as one process's all the same.

Exit code 77: PostgreSQL is not installed.
"""
import os
import re
import shlex
import signal
import subprocess
import threading
import time
import unittest
from pathlib import Path

import needs
from postgres import Postgres
from proxy import Proxy
from study import ENDLESS, LONG, PAUSED, StudyTest, TooShort, environment, long_enough, one_process, within

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class FaultsTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        alone = threading.Thread(target=one_process)
        alone.start()
        cls.addClassCleanup(alone.join)
        cls.server = cls.enterClassContext(Postgres())

    def setUp(self):
        super().setUp()
        self.proxy = self.enterContext(Proxy(self.server.url()))

    def joined(self):
        """How often a worker joined the study: again where it had lost its trials."""
        return int(self.ask(f"SELECT count(*) FROM worker w JOIN study s ON s.id = w.part "
                            f"WHERE s.name = '{self.study}'"))

    def assert_ended(self, *workers):
        for worker in workers:
            self.assertEqual(worker.wait(), 0, worker.says())
            self.assertNotIn("sweetspot: ", worker.says())

    @long_enough
    def test_server_fails_for_seconds(self):
        """Connections are cut, delayed and frozen, and the server crashes: the workers train on and lose nothing."""
        self.make(LONG)
        joined = self.joined()
        # Leases that outlast the whole failure, and the pauses after it, on a slow machine too.
        workers = [self.worker("--lease", 60, store=self.proxy.url) for _ in range(2)]
        self.wait_for_training(2)
        self.proxy.cut()
        self.proxy.delay = 0.1
        time.sleep(1)
        self.proxy.delay = 0
        self.proxy.cut()
        self.proxy.freeze()
        time.sleep(2)
        self.proxy.freeze(False)
        self.require_open()
        self.server.restart()
        self.assert_ended(*workers)
        self.assertEqual(self.joined(), joined + 2)
        self.assert_as_one_process(LONG)

    @long_enough
    def test_answer_lost(self):
        """The line breaks while the server answers: what is written twice stands once, what was claimed is trained."""
        self.make()
        worker = self.worker("--lease", 4, store=self.proxy.url)
        self.wait_for_training(1)
        for count in (50, 200, 1000):
            self.proxy.drop_after(count, "to_client")
            self.wait(lambda: not self.proxy.is_drop_pending() or self.require_open(), why="nothing was dropped")
        self.assert_ended(worker)
        self.assert_as_one_process()

    @long_enough
    def test_server_gone(self):
        """Once its patience is over a worker keeps what it has in a file, and another brings that back."""
        self.make()
        worker = self.worker("--patience", 2, store=self.proxy.url)
        self.wait_for_training(1)
        # In the middle of a write: were it at its end, the file would have trials that the server has, too.
        with self.server.locked("sweetspot.run") as waiting:
            self.wait(lambda: waiting() or self.require_open(), why="nothing was written")
            self.proxy.refuse()
        code = worker.wait()
        self.require_open()
        self.assertEqual(code, 5, worker.says())
        said = [line for line in worker.says().splitlines() if line.startswith("sweetspot: ")]
        self.assertEqual(len(said), 1, worker.says())
        self.assertIn("cannot be reached", said[0])
        command = re.search("`sweetspot (.*)` takes them there", said[0])[1]
        # The lease is over by then, or is ended by the next worker that joins.
        self.proxy.refuse(False)
        self.ask("UPDATE worker SET seen_at = 0")
        brought = self.sweetspot(*shlex.split(command), "--threads", 1)
        self.assertEqual(brought.returncode, 0, brought.stderr)
        trials = int(re.search(r"(\d+) trials stand in", said[0])[1])
        self.assertIn(f": {trials} trials are in study {self.study} of ", brought.stdout)
        self.assert_as_one_process()

    def test_server_holds_the_line(self):
        """One that takes questions and answers none is given up like one that is gone; the worker ends when told."""
        self.make(ENDLESS)
        impatient = self.worker("--patience", 1, store=self.proxy.url)
        told = self.worker(store=self.proxy.url)
        self.wait_for_training(2)
        self.proxy.freeze()
        self.assertEqual(impatient.wait(), 5, impatient.says())
        told.send(signal.SIGTERM)
        self.assertEqual(told.wait(), 5, told.says())
        self.assertIn("trials stand in", told.says())

    def role(self, setting):
        """For all connections from now on; those that there are end."""
        self.server.psql(f"SET default_transaction_read_only TO off; ALTER ROLE tuner {setting}; "
                         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tuner' "
                         "AND pid <> pg_backend_pid()")
        self.addCleanup(self.server.psql, "SET default_transaction_read_only TO off; ALTER ROLE tuner RESET ALL")

    def cancel_who_waits(self, table):
        """As a time limit of statements does, or a person."""
        return self.ask(f"SELECT count(pg_cancel_backend(pid)) FROM pg_locks WHERE NOT granted AND "
                        f"relation = 'sweetspot.{table}'::regclass") != "0"

    @long_enough
    def test_what_passes_by_itself(self):
        """Statements that are ended, locks that are not to be had, a server that only reads: training goes on."""
        self.make(LONG)
        worker = self.worker("--lease", 60)
        self.wait_for_training(1)
        with self.server.locked("sweetspot.run"):
            self.wait(lambda: self.cancel_who_waits("run") or self.require_open(), why="nothing was written")
        self.role("SET lock_timeout TO '200ms'")
        with self.server.locked("sweetspot.run"):
            self.wait_for_error("due to lock timeout")
        self.role("SET default_transaction_read_only TO on")
        self.wait_for_error("in a read-only transaction")
        self.role("RESET ALL")
        self.require_open()
        self.assert_ended(worker)
        self.assert_as_one_process(LONG)

    def wait_for_error(self, words):
        """Until the server has told the worker so."""
        log = self.server.folder / "log"
        self.wait(lambda: words in log.read_text(errors="replace") or self.require_open(), why=words)

    def test_first_moments(self):
        """What a worker does before it trains is tried again as long as it waits for the study."""
        self.make()
        with self.server.locked("sweetspot.worker"):
            workers = [self.worker("--wait", 600)]
            self.wait(lambda: self.cancel_who_waits("worker"), why="it did not join")
            self.proxy.refuse()
            workers.append(self.worker("--wait", 600, store=self.proxy.url))
            self.wait(lambda: "waiting for" in workers[1].says(), why="it did not wait")
            self.proxy.refuse(False)
            self.wait(lambda: self.cancel_who_waits("worker"), why="it did not join again")
        self.assert_ended(*workers)
        self.assert_as_one_process()

    @long_enough
    def test_clocks_an_hour_apart(self):
        """The leases are by the server's clock."""
        if not FAKETIME:
            self.skipTest("no libfaketime on this machine")
        self.make()
        joined = self.joined()
        late = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+3600s", "DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"}
        shown = subprocess.run(["date", "+%s"], env=environment(**late), capture_output=True, text=True)
        self.assertGreater(int(shown.stdout), time.time() + 3500)
        workers = [self.worker(), self.worker(**late)]
        self.wait_for_training(2)
        status = self.sweetspot("status", *self.place()).stdout
        self.require_open()
        self.assertEqual(status.count(" ago "), 2)
        self.assert_ended(*workers)
        self.assertEqual(self.joined(), joined + 2)
        self.assert_as_one_process()

    @long_enough
    def test_signals(self):
        """SIGTERM and SIGUSR1 end a worker soon; what it trained goes on elsewhere from a snapshot."""
        self.make()
        workers = [self.worker(), self.worker()]
        self.wait_for_training(2)
        with within(self, 30):
            for worker, number in zip(workers, (signal.SIGTERM, signal.SIGUSR1)):
                worker.send(number)
            codes = [worker.wait() for worker in workers]
        self.require_open()
        for worker, code in zip(workers, codes):
            self.assertEqual(code, PAUSED, worker.says())
            self.assertIn("other workers, or the same command, go on", worker.says())
        self.assertEqual(self.count("waiting = 1 AND holder IS NOT NULL"), 0)
        begun = self.count("outcome IS NULL AND EXISTS (SELECT FROM observation o WHERE o.part = t.part "
                           "AND o.trial = t.number)")
        kept = self.count("EXISTS (SELECT FROM snapshot x WHERE x.part = t.part AND x.trial = t.number)")
        self.assertGreaterEqual(kept, begun)
        if begun == 0:
            raise TooShort("what the workers had was all at its end when they were told")
        self.assert_ended(self.worker(threads=2))
        self.assert_as_one_process()

    @long_enough
    def test_silent_workers(self):
        """What one has that was killed, or stands still beyond its lease, goes to another; it may come back."""
        self.make()
        killed, stopped, other = (self.worker("--lease", 2) for _ in range(3))
        self.wait_for_training(3)
        killed.send(signal.SIGKILL)
        stopped.send(signal.SIGSTOP)
        # More than these two are gone once the other has ended the study.
        self.wait(lambda: self.sweetspot("status", *self.place()).stdout.count(" gone ") >= 2,
                  why="the leases did not end")
        stopped.send(signal.SIGCONT)
        self.assert_ended(stopped, other)
        self.assert_as_one_process()


class FullDiskTest(StudyTest):
    database = "small"

    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres())
        cls.disk = cls.server.folder / "small"
        if os.geteuid() != 0 or not cls.mount():
            raise unittest.SkipTest("needs root, and a server with file systems of its own")
        cls.server.psql(f"CREATE TABLESPACE small LOCATION '{cls.disk}/space'")
        cls.server.psql("CREATE DATABASE small TABLESPACE small")

    def setUp(self):
        super().setUp()
        self.server.psql("DROP TABLE IF EXISTS filler", self.database)

    @long_enough
    def test_full_disk(self):
        """While the server's disk is full workers train on, and a new study is refused."""
        self.make()
        worker = self.worker()
        self.wait_for_training(1)
        # Filling the disk takes longer than training does.
        worker.send(signal.SIGSTOP)
        self.require_open()
        self.fill_disk()
        worker.send(signal.SIGCONT)
        self.wait(lambda: "training goes on, and everything is kept" in worker.says() or self.require_open(),
                  why="it did not notice")
        self.assertIn("disk is full", worker.says())
        # More trials than could stand in what is left of the pages.
        self.refuses(5, "the server's disk is full", "sweep", f"{self.study}.toml", "--store", self.url(), "--study",
                     "another", "--learning-rates", "1e-6:100:100")
        self.on_server(f"mount -o remount,size=64m {self.disk}")
        self.assertEqual(worker.wait(), 0, worker.says())
        self.assert_as_one_process()

    def fill_disk(self):
        fill = "CREATE TABLE filler(bytes bytea); ALTER TABLE filler ALTER COLUMN bytes SET STORAGE EXTERNAL"
        self.server.psql(fill, self.database)
        for size in (1000000, 100000, 7000, 100):
            insert = f"INSERT INTO filler VALUES (decode(repeat('00', {size}), 'hex'))"
            with self.assertRaisesRegex(RuntimeError, "No space left"):
                while True:
                    self.server.psql(insert, self.database)

    @classmethod
    def mount(cls):
        """A file system of 24 MB that the server alone sees, and that goes with it."""
        cls.disk.mkdir()
        if os.readlink("/proc/self/ns/mnt") == os.readlink(f"/proc/{cls.process()}/ns/mnt"):
            return False
        cls.on_server(f"mount -t tmpfs -o size=24m none {cls.disk} && mkdir {cls.disk}/space && "
                      f"chown --reference={cls.server.folder} {cls.disk} {cls.disk}/space")
        return True

    @classmethod
    def on_server(cls, script):
        """In the server's own view of the file systems."""
        subprocess.run(["nsenter", "-t", cls.process(), "-m", "sh", "-c", script], check=True)

    @classmethod
    def process(cls):
        return (cls.server.folder / "data" / "postmaster.pid").read_text().split()[0]


if __name__ == "__main__":
    needs.main()
