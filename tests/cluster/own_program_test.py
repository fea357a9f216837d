#!/usr/bin/python3
"""Programs of one's own that several workers run. Exit code 77: PostgreSQL is not installed."""
import json

import needs
from postgres import Postgres
from study import StudyTest

# Reports in an order of its own, trains until its checkpoint says enough, and fails where told to.
PROGRAM = """\
import json, os, sys, time
rate, steps = float(sys.argv[1]), int(os.environ["SWEETSPOT_STEPS"])
node = os.environ.get("THIS_NODE")
if node and os.path.exists(node + ".bad"):
    sys.exit("no device")
step = 0
if os.environ["SWEETSPOT_RESUME"]:
    step = int(open(os.environ["SWEETSPOT_RESUME"] + "/step").read())
while step < steps:
    step += 10
    time.sleep(0.03)
    with open(os.environ["SWEETSPOT_CHECKPOINT"] + "/step", "w") as file:
        file.write(str(step))
    report = {"step": step, "loss": abs(rate - 0.1) + 1 / step, "accuracy": 1 - 1 / step}
    if int(os.environ["SWEETSPOT_TRIAL"]) % 2:
        report = dict(reversed(report.items()))
    print(json.dumps(report), flush=True)
"""
RATES = "1e-3,3e-3,1e-2,3e-2,1e-1,3e-1,1,3"
SWEEP = ["--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", RATES, "--target", "loss<=0.05",
         "--budget", 100]


class OwnProgramTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres())

    def setUp(self):
        super().setUp()
        (self.folder / "train.py").write_text(PROGRAM)

    def curves(self, *address):
        trials = json.loads(self.sweetspot("show", *address, "--json").stdout)["trials"]
        return [(trial["config"], trial["outcome"], trial["steps"], trial["metrics"]) for trial in trials]

    def check(self, kind, *flags):
        alone = self.sweetspot(kind, *flags, "--study", "alone.db", "--parallel", 2)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertEqual(self.curves(*self.place()), self.curves("alone.db"))

    def test_workers_share_a_sweep(self):
        first = self.start("sweep", *SWEEP, *self.place(), "--lease", 1)
        killed = self.start("worker", *self.place(), "--lease", 1)
        self.wait_for_training(2)
        killed.close()
        last = self.start("worker", *self.place(), "--lease", 1)
        for worker in (first, last):
            self.assertEqual(worker.wait(), 0, worker.says())
        self.check("sweep", *SWEEP)

    def test_workers_share_a_search_that_pauses_trials(self):
        tune = ["--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", "1e-3:1", "--minimize",
                "loss", "--method", "halving", "--budget", 90, "--cost", "4x", "--round", 4]
        workers = [self.start("tune", *tune, *self.place()), self.start("worker", *self.place())]
        for worker in workers:
            self.assertEqual(worker.wait(), 0, worker.says())
        self.check("tune", *tune)

    def test_a_bad_node_does_not_eat_the_study(self):
        good = self.start("sweep", *SWEEP, *self.place())
        self.wait(lambda: self.sweetspot("status", *self.place()).returncode == 0, why="no study came")
        self.wait(lambda: self.count("outcome IS NOT NULL") >= 1, why="no trial ended")
        (self.folder / "b.bad").touch()
        bad = self.start("worker", *self.place(), THIS_NODE="b")
        self.assertEqual(bad.wait(), 6, bad.says())
        self.assertRegex(bad.says(), "sweetspot: worker .*: its last 3 trials failed, as those of others do not")
        self.assertIn("no device", bad.says())
        self.assertEqual(good.wait(), 0, good.says())
        self.assertEqual(self.count("outcome = 'failed'"), 0)
        self.check("sweep", *SWEEP)

    def test_a_node_that_goes_bad_takes_nothing_from_a_search(self):
        """Its failures are no news for the search, which would go on by them; what it had trained before stands."""
        tune = ["--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", "1e-3:1", "--minimize",
                "loss", "--method", "random", "--budget", 60, "--cost", "16t", "--round", 8]
        good = self.start("tune", *tune, *self.place())
        self.wait(lambda: self.sweetspot("status", *self.place()).returncode == 0, why="no study came")
        bad = self.start("worker", *self.place(), THIS_NODE="b")
        self.wait(lambda: self.count("outcome IS NOT NULL") >= 3, why="no trial ended")
        (self.folder / "b.bad").touch()
        self.assertEqual(bad.wait(), 6, bad.says())
        self.assertEqual(good.wait(), 0, good.says())
        self.assertEqual(self.count("outcome = 'failed'"), 0)
        self.check("tune", *tune)


if __name__ == "__main__":
    needs.main()
