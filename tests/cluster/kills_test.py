#!/usr/bin/python3
"""Workers that are killed at random moments: the study comes out as one process trains it, byte for
byte, whatever it is. Exit code 77: PostgreSQL is not installed."""
import random
import tempfile
import time
import unittest

import needs
from postgres import Postgres
from shared_study import Workers, sweetspot, trained_alone

GRID = "--optimizers gd,adam --learning-rates 1e-4:1:3 --budget 400 --target train_accuracy=0.9".split()
SIZES = "--scales 1,1.5,2 --learning-rates 1e-3,5e-3 --budget 300 --target train_accuracy=0.85".split()
SEARCH = "--optimizers gd,adam --budget 300 --target train_accuracy=0.85 --cost 8x --round 8".split()
POPULATION = ("--method pbt --population 6 --ready 50 --optimizers gd,adam --budget 200 --cost 6x "
              "--objective best:validation_accuracy").split()
MANY = "--optimizers all --learning-rates 1e-6:100:3 --budget 250 --target train_accuracy=0.9".split()


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres())

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def train(self, kind, flags, store=None, workers=3, kills=3, pause=0.4):
        chance = random.Random(7)
        with Workers(self.folder, store or self.server.url(), self.id()) as many:
            many.create(kind, *flags)
            for _ in range(workers - 1):
                many.start()
            done = 0
            while done < kills and all(process.poll() is None for process in many.running):
                time.sleep(chance.uniform(0, 2 * pause))
                many.kill(chance.choice(many.running))
                many.start()
                done += 1
            codes = many.wait()
            self.assertEqual(set(codes), {0}, many.logs())
            return many.study(), many.address, done

    def check(self, kind, flags, **options):
        study, address, _ = self.train(kind, flags, **options)
        alone = trained_alone(self.folder, kind, *flags)
        self.assertEqual(study["trials"], alone["trials"])
        for key in ("config", "value", "safe"):
            self.assertEqual(study.get("answer", {}).get(key), alone.get("answer", {}).get(key))
        return address

    def test_sweep(self):
        self.check("sweep", GRID)

    def test_sweep_in_a_file_that_workers_share(self):
        self.check("sweep", GRID, store=f"{self.folder}/shared.db")

    def test_size(self):
        self.check("size", SIZES)

    def test_searches(self):
        for method in ("grid", "random", "qmc", "tpe", "halving", "auto"):
            with self.subTest(method):
                self.setUp()
                self.id = lambda name=method: name
                self.check("tune", [*SEARCH, "--method", method], kills=2)

    def test_population(self):
        self.check("tune", POPULATION)

    def test_a_hundred_kills(self):
        study, address, kills = self.train("sweep", MANY, workers=4, kills=100, pause=0.3)
        self.assertEqual(kills, 100)
        alone = trained_alone(self.folder, "sweep", *MANY)
        self.assertEqual(study["trials"], alone["trials"])
        # Each trial was ended by one worker, once.
        table = sweetspot("status", *address).stdout.splitlines()[2:]
        self.assertEqual(sum(int(line.split()[-2]) for line in table), len(alone["trials"]))


if __name__ == "__main__":
    needs.main()
