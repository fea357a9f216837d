#!/usr/bin/python3
"""Programs of one's own that several workers run. Exit code 77: PostgreSQL is not installed."""
import json

import needs
from postgres import Postgres
from study import StudyTest, long_enough

# Reports in an order of its own, trains until its checkpoint says enough, and waits and fails where told to.
PROGRAM = """\
import json, os, sys, time
rate, steps = float(sys.argv[1]), int(os.environ["SWEETSPOT_STEPS"])
trial = int(os.environ["SWEETSPOT_TRIAL"])
node = os.environ.get("THIS_NODE", "good")
while True:
    if os.path.exists(node + ".bad"):
        sys.exit("no device")
    try:
        if trial < int(open(node + ".waits_from").read()):
            break
    except FileNotFoundError:
        break
    time.sleep(0.01)
step = 0
if os.environ["SWEETSPOT_RESUME"]:
    step = int(open(os.environ["SWEETSPOT_RESUME"] + "/step").read())
while step < steps:
    step += 10
    time.sleep(0.03)
    with open(os.environ["SWEETSPOT_CHECKPOINT"] + "/step", "w") as file:
        file.write(str(step))
    report = {"step": step, "loss": abs(rate - 0.1) + 1 / step, "accuracy": 1 - 1 / step}
    if trial % 2:
        report = dict(reversed(report.items()))
    print(json.dumps(report), flush=True)
"""
RATES = "1e-3,3e-3,1e-2,3e-2,1e-1,3e-1,1,3"
SWEEP = ["--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", RATES, "--target", "loss<=0.05",
         "--budget"]


class OwnProgramTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres)
        cls.server = cls.enterClassContext(Postgres())

    def setUp(self):
        super().setUp()
        (self.folder / "train.py").write_text(PROGRAM)

    def waits_from(self, node, trial):
        """That trial of the study and later ones do not begin on the node, until go_on()."""
        new = self.folder / "new"
        new.write_text(str(trial))
        new.rename(self.folder / f"{node}.waits_from")

    def go_on(self, node):
        (self.folder / f"{node}.waits_from").unlink()

    def curves(self, *address):
        trials = json.loads(self.sweetspot("show", *address, "--json").stdout)["trials"]
        return [(trial["config"], trial["outcome"], trial["steps"], trial["metrics"]) for trial in trials]

    def check(self, kind, *flags):
        alone = self.sweetspot(kind, *flags, "--study", "alone.db", "--parallel", 2)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertEqual(self.curves(*self.place()), self.curves("alone.db"))

    def test_programs_do_not_get_the_credentials(self):
        secret = "not-for-programs"
        names = ("PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE", "PGSSLKEY", "PGSSLPASSWORD")
        given = {**dict.fromkeys(names, secret), "PGSERVICEFILE": "/dev/null", "OF_THE_PROGRAM": "given"}
        (self.folder / "tell.sh").write_text("env >> seen; echo '{\"step\": 1, \"loss\": 0}'\n")
        command = ["--command", "sh tell.sh {rate}", "--target", "loss<=0"]
        seen = self.folder / "seen"
        done = self.sweetspot("sweep", *command, "--grid", "rate=1", *self.place(), **given)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("OF_THE_PROGRAM=given", seen.read_text())
        for name in names:
            self.assertNotIn(name + "=", seen.read_text())
        seen.unlink()
        done = self.sweetspot("sweep", *command, "--grid", "rate=1,2", *self.place(), "--keep-environment", "PGSSLKEY",
                              **given)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PGSSLKEY=" + secret, seen.read_text())
        self.assertNotIn("PGPASSWORD=", seen.read_text())
        seen.unlink()
        # A file has no credentials: what is there is the program's.
        done = self.sweetspot("sweep", *command, "--grid", "rate=1", "--study", "alone.db", **given)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PGPASSWORD=" + secret, seen.read_text())

    @long_enough
    def test_workers_share_a_sweep(self):
        sweep = [*SWEEP, 100 * self.times]
        first = self.start("sweep", *sweep, *self.place(), "--lease", 3)
        killed = self.start("worker", *self.place(), "--lease", 3)
        self.wait_for_training(2)
        killed.close()
        last = self.start("worker", *self.place(), "--lease", 3)
        for worker in (first, last):
            self.assertEqual(worker.wait(), 0, worker.says())
        self.check("sweep", *sweep)

    def test_workers_share_a_search_that_pauses_trials(self):
        tune = ["--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", "1e-3:1", "--minimize",
                "loss", "--method", "halving", "--budget", 90, "--cost", "4x", "--round", 4]
        workers = [self.start("tune", *tune, *self.place()), self.start("worker", *self.place())]
        for worker in workers:
            self.assertEqual(worker.wait(), 0, worker.says())
        self.check("tune", *tune)

    def test_a_bad_node_does_not_eat_the_study(self):
        sweep = [*SWEEP, 100]
        # So many are left for the bad node that it can be told from a config's fault.
        self.waits_from("good", 3)
        good = self.start("sweep", *sweep, *self.place())
        self.wait(lambda: self.sweetspot("status", *self.place()).returncode == 0, why="no study came")
        self.wait(lambda: self.count("outcome IS NOT NULL") >= 1, why="no trial ended")
        (self.folder / "b.bad").touch()
        bad = self.start("worker", *self.place(), THIS_NODE="b")
        self.assertEqual(bad.wait(), 6, bad.says())
        self.go_on("good")
        self.assertRegex(bad.says(), "sweetspot: worker .*: its last 3 trials failed, as those of others do not")
        self.assertIn("no device", bad.says())
        self.assertEqual(good.wait(), 0, good.says())
        self.assertEqual(self.count("outcome = 'failed'"), 0)
        self.check("sweep", *sweep)

    def test_a_node_that_goes_bad_takes_nothing_from_a_search(self):
        """Its failures are no news for the search, which would go on by them; what it had trained before stands."""
        tune = ["--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", "1e-3:1", "--minimize",
                "loss", "--method", "random", "--budget", 60, "--cost", "18t", "--round", 10]
        # Of the first round both train some, and three at least are left when the node goes bad.
        self.waits_from("good", 3)
        self.waits_from("b", 6)
        good = self.start("tune", *tune, *self.place())
        self.wait(lambda: self.sweetspot("status", *self.place()).returncode == 0, why="no study came")
        self.wait(lambda: self.count("outcome IS NOT NULL") >= 1, why="no trial ended")
        bad = self.start("worker", *self.place(), THIS_NODE="b")
        self.wait(lambda: self.count("outcome IS NOT NULL") >= 5, why="no more trials ended")
        (self.folder / "b.bad").touch()
        self.assertEqual(bad.wait(), 6, bad.says())
        self.go_on("good")
        self.assertEqual(good.wait(), 0, good.says())
        self.assertEqual(self.count("outcome = 'failed'"), 0)
        self.check("tune", *tune)


if __name__ == "__main__":
    needs.main()
