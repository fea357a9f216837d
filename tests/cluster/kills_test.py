#!/usr/bin/python3
"""Workers that are killed at random moments: whatever the study is, it comes out as one process's.

Exit code 77: PostgreSQL is not installed.
"""
import contextlib
import json
import os
import random
import subprocess
import time

import needs
from postgres import Postgres
from study import StudyTest, environment, without_clock

HOLD_TRIALS = os.environ.get("SWEETSPOT_HOLD_TRIALS", "build/dev/tests/hold_trials")

GRID = "--optimizers gd,adam --learning-rates 1e-4:1:3 --budget 400 --target train_accuracy=0.9".split()
SIZES = "--scales 1,1.5,2 --learning-rates 1e-3,5e-3 --budget 300 --target train_accuracy=0.85".split()
SEARCH = "--optimizers gd,adam --budget 300 --target train_accuracy=0.85 --cost 8x --round 8".split()
POPULATION = ("--method pbt --population 6 --ready 50 --optimizers gd,adam --budget 200 --cost 6x "
              "--objective best:validation_accuracy").split()
# 225 trainings, of which those after the first can be held back, two for each kill.
MANY = """\
data = "mnist"
optimizers = ["gd", "adam", "rmsprop"]
learning_rates = "1e-6:100:3"
target = "train_accuracy=0.9"
budget = 250
seeds = 3
"""
FIRST = 25


class KillsTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres())

    def shown(self, *address):
        study = json.loads(self.sweetspot("show", *address, "--json").stdout)
        answer = study.get("answer") or {}
        return without_clock(study["trials"]), {key: answer.get(key) for key in ("config", "value", "safe")}

    def hold_back(self):
        """All trials but the first are held by a worker that trains none: until let_go() the study cannot end."""
        keeper = subprocess.Popen([HOLD_TRIALS, *self.place()[1::2], str(FIRST)], text=True, env=environment(),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(keeper.__exit__, None, None, None)
        self.assertRegex(keeper.stdout.readline(), "trials are held")
        self.keeper = keeper

    def let_go(self):
        """Of those that are held back, the next two."""
        with contextlib.suppress(BrokenPipeError):  # there are none any more
            print(2, file=self.keeper.stdin, flush=True)

    def train(self, kind, flags, store=None, workers=3, kills=3, pause=0.4, before_kill=lambda: None):
        """Trains the study while workers are killed, each replaced by another; gives how many were."""
        chance = random.Random(7)
        lease = ["--lease", 2]
        alive = [self.start(kind, *flags, *self.place(store), "--threads", 1, *lease)]
        self.wait(lambda: self.sweetspot("status", *self.place(store)).returncode == 0, why="no study came")
        alive += [self.worker(*lease, store=store) for _ in range(workers - 1)]
        killed = 0
        while killed < kills and all(worker.is_running() for worker in alive):
            before_kill()
            time.sleep(chance.uniform(0, 2 * pause))
            victim = alive.pop(chance.randrange(len(alive)))
            victim.close()
            alive.append(self.worker(*lease, store=store))
            killed += 1
        for worker in alive:
            self.assertEqual(worker.wait(), 0, worker.says())
        return killed

    def check(self, kind, *flags, store=None, **how):
        killed = self.train(kind, flags, store=store, **how)
        alone = self.sweetspot(kind, *flags, "--study", f"{self.study}.alone.db", "--threads", 2)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertEqual(self.shown(*self.place(store)), self.shown(f"{self.study}.alone.db"))
        return killed

    def test_sweep(self):
        self.check("sweep", *GRID)

    def test_sweep_in_a_file_that_workers_share(self):
        self.check("sweep", *GRID, store="shared.db")

    def test_size(self):
        self.check("size", *SIZES)

    def test_searches(self):
        for method in ("random", "tpe", "halving", "auto"):
            with self.subTest(method):
                self.study = method
                self.check("tune", "--method", method, *SEARCH, kills=2)

    def test_population(self):
        self.check("tune", *POPULATION)

    def test_a_hundred_kills(self):
        """However fast a machine is, there are trials that have not ended at each kill."""
        self.make(MANY)
        self.hold_back()
        self.assertEqual(self.check("sweep", f"{self.study}.toml", workers=4, kills=100, pause=0.12,
                                    before_kill=self.let_go), 100)
        # Each trial was ended by one worker, once.
        table = self.sweetspot("status", *self.place()).stdout.splitlines()[2:]
        self.assertEqual(sum(int(line.split()[-2]) for line in table), self.count("outcome IS NOT NULL"))


if __name__ == "__main__":
    needs.main()
