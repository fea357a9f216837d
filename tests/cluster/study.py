"""What the tests of shared studies stand on: sweetspot's commands, workers, and one study against another.

SWEETSPOT_PROGRAM says which program; MNIST has to be in its cache (`sweetspot data fetch mnist`).
"""
import contextlib
import functools
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from leash import PATIENCE, environment_without, tail, wait_until

PROGRAM = Path(os.environ.get("SWEETSPOT_PROGRAM", "build/dev/sweetspot")).resolve()
PAUSED = 10

# 20 trainings, of which some reach the target: a few seconds of compute.
SWEEP = """\
data = "mnist"
model = "tiny"
optimizers = ["adam", "gd"]
learning_rates = "1e-3:1:3"
target = "train_accuracy=0.9"
budget = 200
early_stop = "off"
"""
LONG = SWEEP + "seeds = 2\n"
# None of its trainings ends on any machine, for tests that leave it unfinished.
ENDLESS = """\
data = "mnist"
model = "tiny"
optimizers = ["gd"]
learning_rates = "1e-7:1e-4:6"
target = "train_accuracy=0.9"
budget = 10000000
early_stop = "off"
"""


class TooShort(Exception):
    """The study was over before that could happen which the test is about."""


def long_enough(test):
    """Where the study of a test is over too early, as machines differ, the test begins again with longer trainings."""
    @functools.wraps(test)
    def tried(self):
        for times in (5, 25, None):
            try:
                return test(self)
            except TooShort:
                if not times:
                    raise
            self.doCleanups()
            self.setUp()
            self.times = times
            self.study += f"_{times}_times"
    return tried


def environment(**added):
    """Without what would lead to another server, or make a worker think it is a job's."""
    return environment_without("PG", "SLURM", **added)


def without_clock(trials):
    """What a study's trials come to, whoever trained them and however long it took."""
    return [{key: value for key, value in trial.items() if key not in ("compute_seconds", "worker")}
            for trial in trials]


@functools.cache
def one_process(text=SWEEP):
    """The trials of that sweep as one process trains them, into a file."""
    with tempfile.TemporaryDirectory(prefix="sweetspot-alone-") as folder:
        (Path(folder) / "alone.toml").write_text(text)
        subprocess.run([PROGRAM, "sweep", "alone.toml", "--study", "alone.db", "--threads", "2"], cwd=folder,
                       check=True, capture_output=True, env=environment())
        shown = subprocess.run([PROGRAM, "show", "alone.db", "--json"], cwd=folder, check=True,
                               capture_output=True, env=environment())
    return without_clock(json.loads(shown.stdout)["trials"])


class Program:
    """A sweetspot that runs beside the test, and ends with it."""

    def __init__(self, arguments, log, folder, env):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "--", PROGRAM, *map(str, arguments)], cwd=folder, env=env,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def is_running(self):
        return self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=180):
        """Its exit code."""
        try:
            return self.process.wait(PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"still running: {self.process.args}\n{tail(self.log)}") from None

    def says(self):
        return self.log.read_text(errors="replace")

    def close(self):
        if self.is_running():
            self.send(signal.SIGCONT)
            self.process.kill()
        self.process.wait()


class StudyTest(unittest.TestCase):
    """The server is the subclass's: `server`. Each test has a folder of its own, and a study by its name."""

    server = None
    database = "tuner"

    def setUp(self):
        self.times = 1  # as long as they stand here are the trainings
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="sweetspot-study-")))
        self.study = self._testMethodName.removeprefix("test_")
        self._programs = 0

    def url(self):
        """As a user writes it, without the password."""
        return f"postgresql://tuner@127.0.0.1:{self.server.port}/{self.database}"

    def place(self, store=None):
        return ["--store", store or self.url(), "--study", self.study]

    def sweetspot(self, *arguments, **added):
        """What a call that ends by itself came to."""
        return subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, env=environment(**added), timeout=PATIENCE * 300)

    def start(self, *arguments, **added):
        self._programs += 1
        program = Program(arguments, self.folder / f"{self._programs}.log", self.folder, environment(**added))
        self.addCleanup(program.close)
        return program

    def worker(self, *more, store=None, threads=1, **added):
        return self.start("worker", *self.place(store), "--threads", threads, *more, **added)

    def write(self, text=SWEEP, name=None):
        file = self.folder / (name or f"{self.study}.toml")
        file.write_text(self.as_long(text))
        return file

    def as_long(self, text):
        """The study file with trainings as long as this machine has turned out to need."""
        return re.sub(r"budget = (\d+)", lambda budget: f"budget = {int(budget[1]) * self.times}", text)

    def make(self, text=SWEEP, store=None):
        """The study, without training any of it: a command that trains could end it at once, on a fast machine."""
        made = self.sweetspot("submit", self.write(text), *self.place(store), PATH="/nowhere")
        self.assertEqual(made.returncode, 5, made.stderr)
        self.assertIn("sbatch: not found, so nothing is submitted; the study is made", made.stderr)

    def refuses(self, code, words, *arguments, **added):
        """The call ends with that code and one line that has the words; gives the line."""
        done = self.sweetspot(*arguments, **added)
        said = f"{done.stdout}\n{done.stderr}"
        self.assertEqual(done.returncode, code, said)
        lines = [line for line in done.stderr.splitlines() if not line.startswith(("waiting for ", "sweep: worker "))]
        self.assertEqual(len(lines), 1, said)
        self.assertTrue(lines[0].startswith("sweetspot: "), said)
        self.assertRegex(lines[0], words)
        return lines[0]

    def ask(self, sql):
        return self.server.psql(f"SET search_path TO sweetspot; {sql}", self.database)

    def edit(self, sql):
        """As SWEETSPOT_EDIT_STUDY does it: the digests are those of what stands there then."""
        subprocess.run([os.environ.get("SWEETSPOT_EDIT_STUDY", "build/dev/tests/edit_study"), self.url(), sql], check=True,
                       env=environment(PGPASSFILE=str(self.passwords)))

    def count(self, condition):
        """Of this test's trials; 0 while there are no tables."""
        if not self.ask("SELECT to_regclass('trial')"):
            return 0
        return int(self.ask(f"SELECT count(*) FROM trial t JOIN study s ON s.id = t.part "
                            f"WHERE s.name = '{self.study}' AND {condition}"))

    def observations(self):
        return int(self.ask(f"SELECT count(*) FROM observation o JOIN study s ON s.id = o.part "
                            f"WHERE s.name = '{self.study}'"))

    def require_open(self):
        """Whatever is asserted about workers that train has to come after this."""
        if self.count("TRUE") > 0 and self.count("outcome IS NULL") == 0:
            raise TooShort(f"study {self.study} was over too early")

    def wait(self, happened, seconds=120, why="it did not happen"):
        wait_until(happened, seconds, lambda: why + "\n" + "\n".join(
            f"--- {log.name}\n{tail(log)}" for log in sorted(self.folder.glob("*.log"))))

    def wait_for_training(self, workers):
        """Until so many have begun: each has trials that it holds, and something has been observed."""
        self.wait(lambda: self.require_open() or self.ask(
            f"SELECT count(DISTINCT t.holder) FROM trial t JOIN study s ON s.id = t.part "
            f"WHERE s.name = '{self.study}' AND t.waiting = 1") == str(workers) and self.observations() > 0,
            why=f"{workers} workers did not come to train")

    def trials(self, store=None):
        shown = self.sweetspot("show", *self.place(store), "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return json.loads(shown.stdout)["trials"]

    def assert_as_one_process(self, text=SWEEP, store=None):
        """Every trial of the study is what one process makes of it."""
        alone = one_process(self.as_long(text))
        shared = without_clock(self.trials(store))
        self.assertEqual(len(shared), len(alone))
        for here, there in zip(shared, alone):
            self.assertEqual(here, there)


@contextlib.contextmanager
def within(test, seconds):
    """What is done here must not take longer."""
    start = time.monotonic()
    yield
    test.assertLess(time.monotonic() - start, PATIENCE * seconds)
