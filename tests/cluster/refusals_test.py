#!/usr/bin/python3
"""What is refused on a shared store: one line, the right exit code, and never a password.

Exit code 77: PostgreSQL is not installed.
"""
import struct
from pathlib import Path

import needs
from leash import free_port
from postgres import Postgres
from study import ENDLESS, PAUSED, SWEEP, StudyTest

PASSWORD = "not-to-be-seen"
COMMAND = ["--command", "trainer {learning_rate}", "--learning-rates", "1e-3,1e-2", "--target", "accuracy>=0.5"]


class RefusalsTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres(password=PASSWORD))

    def setUp(self):
        super().setUp()
        self.passwords = self.folder / "pgpass"
        self.passwords.write_text(f"127.0.0.1:*:*:*:{PASSWORD}\n")
        self.passwords.chmod(0o600)

    def sweetspot(self, *arguments, **added):
        done = super().sweetspot(*arguments, **{"PGPASSFILE": str(self.passwords), **added})
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)
        return done

    def own_database(self, user="tuner"):
        """An empty one of this test's; its URL."""
        self.server.psql(f"CREATE DATABASE {self.study}")
        return f"postgresql://{user}@127.0.0.1:{self.server.port}/{self.study}"

    def worker_refused(self, code, words, *more, **added):
        return self.refuses(code, words, "worker", *self.place(), "--wait", 0, *more, **added)

    def test_url(self):
        server = f"127.0.0.1:{self.server.port}"
        for url, words in {
                f"mysql://tuner:{PASSWORD}@{server}/tuner": "--store mysql://: an unknown kind of store",
                f"postgresql://tuner:{PASSWORD}@{server}/tuner": "the URL has a password",
                f"postgresql://{server}/tuner?password={PASSWORD}": "the URL has a password",
                f"postgresql://{server}/tuner?sslpassword={PASSWORD}": "the URL has a password",
                f"postgresql://tuner:{PASSWORD}@[::1/tuner": "not a URL",
                f"postgresql://{server}/tuner?password=%{PASSWORD}": "not a URL",
                f"host=127.0.0.1 user=tuner password={PASSWORD}": "a connection string is not taken",
                f"password = '{PASSWORD}://x'": "a connection string is not taken",
                f"postgresql:/tuner:{PASSWORD}@{server}/tuner": "a connection string is not taken",
                f"postgresql://tuner@{server}/tuner?ssl=maybe": "not a URL"}.items():
            for command in (["worker", "--store", url, "--study", "x"], ["sweep", "--store", url, "--study", "x"],
                            ["submit", self.write(), "--store", url, "--dry-run"], ["list", url], ["show", url],
                            ["status", "--store", url, "--study", "x"], ["cancel", "--store", url, "--study", "x"]):
                self.refuses(2, words, *command)

    def test_flags(self):
        self.refuses(2, "--store: needs --study NAME", "sweep", "--store", self.url())
        self.refuses(2, "--lease: must be from 1", "sweep", *self.place(), "--lease", 0)
        self.refuses(2, "--patience: must be at least 0", "sweep", *self.place(), "--patience", -1)
        self.refuses(2, "needs --store", "submit", self.write())

    def test_password(self):
        self.passwords.write_text(f"127.0.0.1:*:*:*:wrong{PASSWORD}\n")
        self.refuses(4, "the server refuses: password authentication failed", "sweep", *self.place())
        self.passwords.unlink()
        self.refuses(4, "the server asks for a password: put it into ~/.pgpass or PGPASSWORD", "sweep", *self.place())
        self.worker_refused(4, "the server asks for a password")

    def test_place(self):
        server = f"postgresql://tuner@127.0.0.1:{self.server.port}"
        self.refuses(4, 'database "nowhere" does not exist', "sweep", "--store", f"{server}/nowhere", "--study", "x")
        self.refuses(5, "the server cannot be reached: .*Connection refused", "sweep", "--study", "x", "--store",
                     f"postgresql://tuner@127.0.0.1:{free_port()}/tuner")
        self.refuses(4, "holds no study yet", "list", self.own_database())

    def test_study(self):
        self.make()
        known = self.study
        self.study = "studdy"
        self.worker_refused(4, f"unknown study 'studdy'.*'{known}'")
        for command in ("status", "cancel", "show"):
            self.refuses(4, "unknown study 'studdy'", command, *self.place())

    def test_rescue_file(self):
        """What is brought back has to be of the study."""
        self.make()
        size = ["size", "--scales", "1", "--learning-rates", "1e-3", "--budget", "50", "--study", "other.db"]
        self.assertEqual(self.sweetspot(*size).returncode, 0)
        worker = ["worker", *self.place(), "--bring-back"]
        self.refuses(4, "nofile.db: no such study file", *worker, "nofile.db")
        self.refuses(4, "other.db: was rescued of another study: .* has no size", *worker, "other.db")

    def test_waits_for_a_study(self):
        self.study = "early"
        worker = self.worker("--wait", 60, PGPASSFILE=str(self.passwords))
        self.wait(lambda: "waiting for study early of" in worker.says())
        made = self.sweetspot("sweep", self.write(SWEEP.replace("budget = 200", "budget = 50")), *self.place(),
                              "--threads", 1, "--max-seconds", 0.01)
        # The worker may have ended the study before its maker looks again.
        self.assertIn(made.returncode, (0, PAUSED), made.stderr)
        self.assertEqual(worker.wait(), 0, worker.says())
        self.assertEqual(self.count("outcome IS NULL"), 0)

    def own_images(self):
        """A folder of other images than MNIST's, so that nothing has to be fetched: 128 black ones, twice."""
        folder = self.folder / "images"
        folder.mkdir()
        for name in ("train", "t10k"):
            (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 128, 28, 28) + bytes(128 * 28 * 28))
            (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 128) + bytes(i % 10 for i in range(128)))
        return folder

    def test_settings(self):
        self.make()
        for flag, value in {"--target": "train_accuracy=0.8", "--batch-size": 50, "--seed": 2, "--model": "small",
                            "--set": "adam.beta1=0.8", "--data": self.own_images()}.items():
            self.refuses(4, "the study was made with other", "sweep", f"{self.study}.toml", *self.place(), flag, value)

    def test_extended_under_workers(self):
        self.make(ENDLESS)
        worker = self.worker(PGPASSFILE=str(self.passwords))
        self.wait_for_training(1)
        self.refuses(4, "1 workers train on the study: it can be extended when they have ended", "sweep",
                     f"{self.study}.toml", *self.place(), "--seeds", 2)
        self.assertTrue(worker.is_running())

    def test_version_and_arithmetic(self):
        """Of a worker and of the command that made the study."""
        self.make()
        for column, words in {"program_version": r"made by sweetspot other, this is \d.*: workers must be of one",
                              "arithmetic": r"this machine's arithmetic differs.*\(mark \w+ here, other there\)"
                              }.items():
            is_it = f"name = '{self.study}'"
            was = self.ask(f"SELECT {column} FROM study WHERE {is_it}")
            self.edit(f"UPDATE study SET {column} = 'other' WHERE {is_it}")
            self.worker_refused(4, words)
            self.refuses(4, words, "sweep", f"{self.study}.toml", *self.place())
            self.edit(f"UPDATE study SET {column} = '{was}' WHERE {is_it}")
        self.edit(f"UPDATE study SET data_checksum = 'other' WHERE name = '{self.study}'")
        self.worker_refused(4, "made with other data: checksum other in the study")

    def test_foreign_schema(self):
        url = self.own_database()
        self.server.psql("CREATE SCHEMA sweetspot; CREATE TABLE sweetspot.trial(id int)", self.study)
        for command in (["sweep"], ["worker", "--wait", 0], ["status"], ["show"]):
            self.refuses(4, "schema 'sweetspot' has tables that are not ours, or were half made", *command, "--store",
                         url, "--study", "x")
        self.assertEqual(self.server.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'sweetspot'", self.study),
                         "1")

    def test_half_made_schema(self):
        url = self.own_database()
        self.study = "x"
        self.make(store=url)
        self.server.psql("DROP TABLE sweetspot.observation", "half_made_schema")
        self.refuses(4, "schema 'sweetspot' is not ours, or half made", "worker", *self.place(url))

    def test_layout(self):
        url = self.own_database()
        self.study = "x"
        self.make(store=url)
        self.server.psql("UPDATE sweetspot.layout SET number = 99", "layout")
        for command in (["sweep", "x.toml"], ["worker", "--wait", 0], ["status"], ["show"], ["cancel"]):
            self.refuses(4, r"written by a newer sweetspot \(layout 99, this one knows \d+\)", *command,
                         *self.place(url))

    def test_rights(self):
        url = self.own_database(user="guest")
        self.server.psql(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'", self.study)
        self.refuses(4, "the role may not do this: .*docs/cluster.md", "sweep", "--store", url, "--study", "x")

    def test_command_is_not_installed(self):
        """A node without the program that the study runs."""
        trainer = self.folder / "bin" / "trainer"
        trainer.parent.mkdir()
        trainer.write_text('#!/bin/sh\nsleep 0.5\necho \'{"step": 1, "accuracy": 0.9}\'\n')
        trainer.chmod(0o755)
        path = {"PATH": f"{trainer.parent}:/usr/bin:/bin"}
        made = self.sweetspot("sweep", *COMMAND, *self.place(), "--max-seconds", 0.01, **path)
        self.assertEqual(made.returncode, PAUSED, made.stderr)
        self.worker_refused(2, "command: no program trainer on PATH", PATH="/usr/bin:/bin")
        done = self.sweetspot("worker", *self.place(), **path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.count("outcome = 'reached'"), 2)

    def test_password_is_nowhere(self):
        self.make(ENDLESS)
        worker = self.worker(PGPASSFILE=str(self.passwords))
        self.wait_for_training(1)
        self.assertNotIn(PASSWORD, Path(f"/proc/{worker.process.pid}/cmdline").read_text())
        self.sweetspot("submit", f"{self.study}.toml", "--store", self.url(), PATH="/nowhere")
        self.assertEqual(self.sweetspot("cancel", *self.place()).returncode, 0)
        self.assertEqual(worker.wait(), 0, worker.says())
        self.passwords.unlink()
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        self.assertIn(f"{self.study}.sbatch", [file.name for file in files])
        for file in files:
            self.assertNotIn(PASSWORD, file.read_text(errors="replace"))
        for table in ("study", "worker", "trial"):
            self.assertNotIn(PASSWORD, self.ask(f"SELECT * FROM {table}"))


if __name__ == "__main__":
    needs.main()
