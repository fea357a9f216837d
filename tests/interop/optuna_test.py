"""Studies to Optuna and from it, by Optuna's own API: what `sweetspot export --optuna` writes is
loaded, compared with `show --json` and gone on with; what Optuna writes is read.

    optuna_test.py SWEETSPOT DUMP_OPTUNA EDIT_STUDY
Exits with 77 (skipped) where Optuna is not installed, or with an error where SWEETSPOT_NEEDS_PEERS=1
says that it has to be.
"""
import json
import math
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import unittest
import warnings

try:
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
    from optuna.trial import TrialState
except ImportError:
    if os.environ.get("SWEETSPOT_NEEDS_PEERS") == "1":
        raise
    print("skipped: Optuna is not installed")
    sys.exit(77)

PROGRAM, DUMP, EDIT = sys.argv[1:4]
optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")

SPACE = """
[space.optimizer]
type = "categorical"
values = ["momentum", "adam", "rmsprop"]
[space.learning_rate]
type = "uniform"
low = 1e-4
high = 0.05
[space.decay]
type = "uniform"
low = 0.5
high = 0.999
when = {optimizer = ["rmsprop"]}
[space.epsilon]
type = "log"
low = 1e-10
high = 1e-3
when = {optimizer = ["rmsprop", "adam"]}
"""


def run(*arguments, code=0):
    result = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    assert result.returncode == code, (arguments, result.returncode, result.stderr)
    return result.stdout if code == 0 else result.stderr


def load(file, **keys):
    return optuna.load_study(study_name=None, storage="sqlite:///" + file, **keys)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)


class Export(Folder):
    """One small data set and its studies serve all tests."""

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.shared.cleanup)
        cls.data = os.path.join(cls.shared.name, "data")
        os.mkdir(cls.data)
        draw = random.Random(5)
        patterns = [[160 if draw.random() < 0.25 else 0 for _ in range(144)] for _ in range(10)]
        for prefix, count in (("train", 600), ("t10k", 60)):
            labels = [draw.randrange(10) for _ in range(count)]
            pixels = bytes(p + draw.randrange(96) for label in labels for p in patterns[label])
            with open(f"{cls.data}/{prefix}-images-idx3-ubyte", "wb") as file:
                file.write(struct.pack(">IIII", 0x803, count, 12, 12) + pixels)
            with open(f"{cls.data}/{prefix}-labels-idx1-ubyte", "wb") as file:
                file.write(struct.pack(">II", 0x801, count) + bytes(labels))

    def train(self, command, *flags):
        study = os.path.join(self.shared.name, "-".join([command, *map(str, flags)])
                             .replace("/", "_") + ".db")
        if not os.path.exists(study):
            run(PROGRAM, command, "--data", self.data, "--batch-size", 10, "--check-every", 20,
                "--budget", 240, "--threads", 2, "--study", study, *flags)
        own = self.path("study.db")
        shutil.copy(study, own)
        return own

    def export(self, study, *flags):
        out = self.path("optuna.db")
        run(PROGRAM, "export", study, "--optuna", out, *flags)
        return out

    def expect_same(self, trials, ours, reported, value):
        """Everything that is the same whatever the outcome; value(trial) is that of a complete."""
        self.assertEqual([t.number for t in trials], list(range(len(ours))))
        column = ours[0]["curve"]["columns"].index(reported)
        for trial, our in zip(trials, ours):
            self.assertEqual(trial.user_attrs["seed"], our["seed"])
            if our["outcome"] is None:
                continue
            self.assertEqual(trial.params, our["config"])
            self.assertEqual(trial.user_attrs["outcome"], our["outcome"])
            self.assertEqual(trial.user_attrs["note"], our["note"])
            self.assertEqual(trial.user_attrs["compute_seconds"], our["compute_seconds"])
            self.assertAlmostEqual(trial.duration.total_seconds(), our["compute_seconds"], 5)
            steps = [row[0] for row in our["curve"]["rows"]]
            self.assertEqual(sorted(trial.intermediate_values), steps)
            for row in our["curve"]["rows"]:
                got, want = trial.intermediate_values[row[0]], row[column]
                self.assertTrue(math.isnan(got) if want is None else got == want)
            if trial.state == TrialState.COMPLETE:
                self.assertEqual(trial.value, value(our))
            else:
                self.assertIsNone(trial.value)

    def go_on(self, study, suggest):
        before = len(study.trials)
        study.sampler = optuna.samplers.TPESampler(seed=1)
        study.optimize(suggest, n_trials=5)
        self.assertEqual([t.state for t in study.trials[-5:]], [TrialState.COMPLETE] * 5)
        return before

    def test_a_sweep_has_its_values_and_states(self):
        study = self.train("sweep", "--learning-rates", "1e-4:100:1", "--target",
                           "train_accuracy=0.8", "--optimizers", "gd,adam,rmsprop")
        run(EDIT, study,
            "UPDATE trial SET outcome = 'failed', note = 'an error' WHERE number = 3",
            "UPDATE trial SET outcome = 'diverged' WHERE number = 4",
            "UPDATE trial SET outcome = 'pruned' WHERE number = 5",
            "UPDATE observation SET value = NULL WHERE trial = 4 AND step > 20")
        ours = json.loads(run(PROGRAM, "show", "--json", study))["trials"]
        loaded = load(self.export(study))
        self.assertEqual(loaded.study_name, "study")
        self.assertEqual(loaded.direction, optuna.study.StudyDirection.MINIMIZE)
        self.expect_same(loaded.trials, ours, "loss", lambda our: our["steps"])
        states = {"reached": TrialState.COMPLETE, "exhausted": TrialState.PRUNED,
                  "hopeless": TrialState.PRUNED, "pruned": TrialState.PRUNED,
                  "diverged": TrialState.FAIL, "failed": TrialState.FAIL}
        self.assertEqual([t.state for t in loaded.trials], [states[o["outcome"]] for o in ours])
        self.assertGreaterEqual(len({t.state for t in loaded.trials}), 3)
        self.assertEqual(loaded.trials[3].user_attrs["note"], "an error")
        self.assertEqual(loaded.trials[0].distributions,
                         {"optimizer": CategoricalDistribution(["gd", "adam", "rmsprop"]),
                          "learning_rate": FloatDistribution(1e-4, 100, log=True)})
        fewest = min(o["steps"] for o in ours if o["outcome"] == "reached")
        self.assertEqual(loaded.best_value, fewest)

        def objective(trial):
            trial.suggest_categorical("optimizer", ["gd", "adam", "rmsprop"])
            rate = trial.suggest_float("learning_rate", 1e-4, 100, log=True)
            trial.report(rate, 20)
            return 1000 + rate
        before = self.go_on(loaded, objective)
        self.assertEqual(len(ours), before)
        self.assertEqual(loaded.best_value, fewest)
        self.assertEqual([t.number for t in loaded.trials], list(range(before + 5)))
        # What Optuna validates in a copy: times, distributions that have their values.
        optuna.copy_study(from_study_name="study", from_storage=loaded._storage,
                          to_storage="sqlite:///" + self.path("copy.db"))

    def test_a_search_has_conditions_confirmations_and_what_waits(self):
        with open(self.path("space.toml"), "w") as file:
            file.write(SPACE)
        study = os.path.join(self.path("tune.db"))
        run(PROGRAM, "tune", "--data", self.data, "--batch-size", 10, "--check-every", 20,
            "--budget", 240, "--threads", 2, "--study", study, "--space", self.path("space.toml"),
            "--target", "train_accuracy=0.8", "--method", "random", "--cost", "12x")
        run(EDIT, study, "UPDATE trial SET outcome = NULL WHERE number IN (2, 7)")
        ours = json.loads(run(PROGRAM, "show", "--json", study))["trials"]
        loaded = load(self.export(study, "--name", "mine"))
        self.assertEqual(loaded.study_name, "mine")
        self.expect_same(loaded.trials, ours, "loss", lambda our: our["steps"])
        self.assertGreater(len({t.user_attrs["seed"] for t in loaded.trials}), 1)
        distributions = {"optimizer": CategoricalDistribution(["momentum", "adam", "rmsprop"]),
                         "learning_rate": FloatDistribution(1e-4, 0.05, log=True),
                         "decay": FloatDistribution(0.5, 0.999),
                         "epsilon": FloatDistribution(1e-10, 1e-3, log=True)}
        for trial, our in zip(loaded.trials, ours):
            if our["outcome"] is None:
                self.assertEqual(trial.state, TrialState.WAITING)
                self.assertEqual(trial.system_attrs["fixed_params"], our["config"])
                continue
            self.assertEqual(trial.distributions, {n: distributions[n] for n in our["config"]})

        def objective(trial):
            optimizer = trial.suggest_categorical("optimizer", ["momentum", "adam", "rmsprop"])
            value = 1000 + trial.suggest_float("learning_rate", 1e-4, 0.05, log=True)
            if optimizer == "rmsprop":
                trial.suggest_float("decay", 0.5, 0.999)
            if optimizer != "momentum":
                trial.suggest_float("epsilon", 1e-10, 1e-3, log=True)
            return value
        self.assertEqual(len(ours), self.go_on_with_waiting(loaded, objective))
        for number in (2, 7):
            self.assertEqual(loaded.trials[number].state, TrialState.COMPLETE)
            self.assertEqual(loaded.trials[number].params, ours[number]["config"])

    def go_on_with_waiting(self, study, objective):
        before = len(study.trials)
        study.sampler = optuna.samplers.TPESampler(seed=1)
        study.optimize(objective, n_trials=7)
        self.assertEqual(len(study.trials), before + 5)
        return before

    def test_the_best_of_a_metric_is_maximized(self):
        study = self.train("tune", "--objective", "best:train_accuracy", "--method", "halving",
                           "--optimizers", "adam,gd", "--cost", "12x")
        ours = json.loads(run(PROGRAM, "show", "--json", study))["trials"]
        loaded = load(self.export(study))
        self.assertEqual(loaded.direction, optuna.study.StudyDirection.MAXIMIZE)
        column = ours[0]["curve"]["columns"].index("train_accuracy")
        def best(our):
            return max(row[column] for row in our["curve"]["rows"])
        self.expect_same(loaded.trials, ours, "train_accuracy", best)
        finished = [o for o in ours if o["outcome"] == "exhausted"]
        self.assertTrue(finished)
        self.assertEqual(loaded.best_value, max(best(o) for o in finished))
        self.go_on(loaded, lambda t: t.suggest_float("learning_rate", 1e-6, 100, log=True) * 0)

    def test_a_population_has_its_lineage(self):
        study = self.train("tune", "--objective", "best:train_accuracy", "--method", "pbt",
                           "--population", 4, "--cost", "4x", "--optimizers", "adam,gd")
        ours = json.loads(run(PROGRAM, "show", "--json", study))["trials"]
        loaded = load(self.export(study))
        copies = [o for o in ours if o["origin"]]
        self.assertTrue(copies)
        for our in copies:
            self.assertEqual(loaded.trials[our["number"]].user_attrs["origin"], our["origin"])
        optuna.copy_study(from_study_name="study", from_storage=loaded._storage,
                          to_storage="sqlite:///" + self.path("copy.db"))

    def test_a_part_over_sizes_has_the_scale(self):
        study = self.train("size", "--scales", "0.5:1:0.5", "--learning-rates", "1e-3,1e-2",
                           "--target", "train_accuracy=0.5")
        ours = json.loads(run(PROGRAM, "show", "--json", study))["trials"]
        loaded = load(self.export(study))
        self.expect_same(loaded.trials, ours, "loss", lambda our: our["steps"])
        self.assertEqual(loaded.trials[0].distributions["scale"], FloatDistribution(0.5, 1))

    def test_every_optuna_stamps_its_own_version(self):
        out = self.export(self.train("size", "--scales", "0.5:1:0.5", "--learning-rates",
                                     "1e-3,1e-2", "--target", "train_accuracy=0.5"))
        tables = sqlite3.connect(out)
        def stamp():
            return (tables.execute("SELECT version_num FROM alembic_version").fetchall(),
                    tables.execute("SELECT library_version FROM version_info").fetchall())
        self.assertEqual(stamp(), ([], []))
        load(out)
        created = self.path("created.db")
        optuna.create_study(storage="sqlite:///" + created, study_name="s")
        head = sqlite3.connect(created).execute("SELECT version_num FROM alembic_version").fetchall()
        self.assertEqual(stamp(), (head, [(optuna.__version__,)]))
        # The tables are those that Optuna makes, column by column.
        def columns(file):
            database = sqlite3.connect(file)
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {name: database.execute(f"PRAGMA table_info({name})").fetchall()
                    for (name,) in names.fetchall()}
        self.assertEqual(columns(out), columns(created))
        tables.close()


class Import(Folder):
    def read(self, file, *name):
        return json.loads(run(DUMP, file, *name))

    def create(self, **keys):
        return optuna.create_study(storage="sqlite:///" + self.path("in.db"), **keys)

    def test_what_optuna_wrote_is_read(self):
        study = self.create(study_name="mine", direction="maximize")

        def objective(trial):
            optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam"])
            rate = trial.suggest_float("lr", 1e-5, 1, log=True)
            trial.suggest_int("units", 4, 64, log=True)
            trial.suggest_int("batch", 32, 256, step=32)
            trial.suggest_float("drop", 0, 0.5)
            trial.suggest_float("one", 2, 2)
            trial.suggest_categorical("flag", [True, None, 3, 1.5])
            if optimizer == "sgd":
                trial.suggest_float("momentum", 0, 1 if trial.number % 2 else 0.9)
            trial.set_user_attr("who", {"a": [1, 2]})
            trial.report(0.5, 1)
            trial.report(float("nan"), 2)
            if trial.number == 3:
                raise optuna.TrialPruned()
            if trial.number == 4:
                raise ValueError
            return float("inf") if trial.number == 5 else rate
        study.sampler = optuna.samplers.RandomSampler(seed=3)
        study.optimize(objective, n_trials=20, catch=(ValueError,))
        whole = dict(study.trials[0].params, lr=0.5)
        study.enqueue_trial(whole)
        study.enqueue_trial({"lr": 0.25})
        study.ask({"lr": FloatDistribution(1e-5, 1, log=True)})  # takes the first, and goes on
        read = self.read(self.path("in.db"))
        self.assertEqual((read["name"], read["maximize"]), ("mine", True))
        self.assertEqual(len(read["trials"]), 20)
        outcomes = {3: "pruned", 4: "failed", 5: "diverged"}
        for trial, got in zip(study.trials, read["trials"]):
            self.assertEqual(got["number"], trial.number)
            self.assertEqual(got["outcome"], outcomes.get(trial.number, "exhausted"))
            params = dict(trial.params, one="2", flag=json.dumps(trial.params["flag"]))
            self.assertEqual(got["config"], params)
            self.assertEqual(got["intermediate"], {"1": 0.5, "2": None})
            self.assertEqual(json.loads(got["attributes"]["who"]), {"a": [1, 2]})
            self.assertEqual(got["value"], None if trial.number in outcomes else trial.value)
            self.assertEqual(got["started"], round(trial.datetime_start.timestamp() * 1e6))
            self.assertEqual(got["ended"], round(trial.datetime_complete.timestamp() * 1e6))
        for words in ('[space.lr]\ntype = "log"\nlow = 1e-5\nhigh = 1',
                      '[space.units]\ntype = "log-integer"\nlow = 4\nhigh = 64',
                      '[space.batch]\ntype = "integer"\nlow = 32\nhigh = 256',
                      'when = {optimizer = ["sgd"]}', 'values = ["true", "null", "3", "1.5"]',
                      '[space.one]\ntype = "categorical"\nvalues = ["2"]'):
            self.assertIn(words, read["space"])
        self.assertEqual(read["notes"], [
            "parameter 'batch' went in steps of 32; here it takes every value of its range",
            "left out, since not all of their parameters are known: trials 20, 21"])

    def test_a_waiting_trial_has_what_it_was_enqueued_with(self):
        study = self.create()
        study.optimize(lambda t: t.suggest_int("n", 1, 9) + t.suggest_float("x", 0, 1), n_trials=2)
        study.enqueue_trial({"n": 4, "x": 0.5})
        trial = self.read(self.path("in.db"))["trials"][2]
        self.assertEqual((trial["outcome"], trial["config"]), (None, {"n": 4, "x": 0.5}))

    def test_one_of_several_is_chosen_by_name(self):
        for name in ("first", "second"):
            study = self.create(study_name=name)
            study.optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
        self.assertEqual(self.read(self.path("in.db"), "second")["name"], "second")
        self.assertIn("holds several studies, give one by --name: first, second",
                      run(DUMP, self.path("in.db"), code=2))
        self.assertIn("the nearest known is 'first'", run(DUMP, self.path("in.db"), "frist", code=2))

    def test_what_a_study_cannot_hold_is_refused(self):
        study = self.create(study_name="two", directions=["minimize", "maximize"])
        study.optimize(lambda t: (t.suggest_float("x", 0, 1), 1), n_trials=2)
        self.assertIn("has 2 objectives", run(DUMP, self.path("in.db"), "two", code=4))
        study = self.create(study_name="layers")
        def objective(trial):
            return sum(trial.suggest_int(f"n{i}", 1, 9)
                       for i in range(trial.suggest_int("layers", 1, 3)))
        study.optimize(objective, n_trials=9)
        self.assertIn("and no categorical parameter says",
                      run(DUMP, self.path("in.db"), "layers", code=4))
        study = self.create(study_name="empty")
        self.assertIn("has no trial with parameters yet",
                      run(DUMP, self.path("in.db"), "empty", code=4))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
