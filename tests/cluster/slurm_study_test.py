#!/usr/bin/python3
"""A study whose workers Slurm starts, on two nodes. Exit code 77: Slurm or PostgreSQL is not installed."""
import subprocess
import threading

import needs
from leash import PATIENCE
from postgres import Postgres
from slurm import Slurm
from study import SWEEP, StudyTest, environment, long_enough, one_process

PASSWORD = "not to be seen"
# 26 trainings: each of four workers comes to train.
STUDY = SWEEP.replace("budget = 200", "budget = 400").replace("1e-3:1:3", "1e-4:1:3")


class SlurmStudyTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        needs.servers(Postgres, Slurm)
        alone = threading.Thread(target=one_process, args=(STUDY,))
        alone.start()
        cls.addClassCleanup(alone.join)
        cls.server = cls.enterClassContext(Postgres(password=PASSWORD))
        cls.slurm = cls.enterClassContext(Slurm())

    def setUp(self):
        super().setUp()
        self.passwords = self.folder / "pgpass"
        self.passwords.write_text(f"127.0.0.1:*:*:tuner:{PASSWORD}\n")
        self.passwords.chmod(0o600)

    def sweetspot(self, *arguments, **added):
        return super().sweetspot(*arguments, **{"PGPASSFILE": str(self.passwords), **self.in_cluster(), **added})

    def in_cluster(self):
        return {"SLURM_CONF": self.slurm.environment()["SLURM_CONF"]}

    def submit(self, *more, **added):
        return self.sweetspot("submit", self.write(STUDY), "--store", self.url(), *more, **added)

    def log(self, job, task):
        file = self.folder / f"{self.study}-{job}_{task}.log"
        return file.read_text() if file.exists() else ""

    def state(self, job, task):
        return next(each for each in self.slurm.states(job) if each.task == task)

    @long_enough
    def test_faults(self):
        """A worker is signalled, one preempted, one cancelled, a node lost: the study ends as it would have."""
        done = self.submit("--workers", 4, "--lease", 3)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^Submitted batch job \d+; sweetspot status --store .* --follow watches it$")
        job = int(done.stdout.split(";")[0].split()[-1])
        self.wait_for_training(4)
        on = {node: [task.task for task in self.slurm.states(job) if task.node == node] for node in ("n1", "n2")}
        self.assertEqual([len(tasks) for tasks in on.values()], [2, 2])
        (cancelled, lost), (signalled, preempted) = on["n1"], on["n2"]

        self.slurm.preempt(f"{job}_{signalled}", "USR1")
        self.slurm.preempt(f"{job}_{preempted}")
        subprocess.run(["scancel", f"{job}_{cancelled}"], env=self.slurm.environment(), check=True)
        for task in (signalled, preempted, cancelled):
            self.wait(lambda: "paused: everything is kept in" in self.log(job, task) or self.require_open(),
                      why=f"task {task} has not paused")
        # What they gave back has a snapshot, unless the one that is left has taken it.
        self.wait_for_training(1)
        snapshots = self.count("EXISTS (SELECT FROM snapshot x WHERE x.part = t.part AND x.trial = t.number)")
        self.require_open()
        self.assertGreater(snapshots, 0)
        self.slurm.kill_node("n1", told=True)
        self.addCleanup(self.slurm.start_node, "n1")
        self.require_open()

        states = {task.task: task.state for task in self.slurm.wait_done(job, 300)}
        self.assertEqual(states, {cancelled: "CANCELLED", lost: "COMPLETED", signalled: "COMPLETED",
                                  preempted: "COMPLETED"})
        for task in (lost, signalled, preempted):
            self.assertEqual(self.log(job, task).count(f"sweep: worker job {job}_{task} on "), 2, self.log(job, task))
        self.assertNotIn("sweetspot:", "".join(self.log(job, task) for task in states))
        self.assert_as_one_process(STUDY)
        # Where trainings had to be longer some may diverge, too.
        self.assertGreaterEqual({trial["outcome"] for trial in self.trials()}, {"reached", "exhausted"})
        for file in set(self.folder.iterdir()) - {self.passwords}:
            self.assertNotIn(PASSWORD, file.read_text())

    def test_dry_run(self):
        """Prints the script, and makes and submits nothing."""
        done = self.submit("--workers", 16, "--threads", 4, "--lanes", 16, "--partition", "all", "--time", "2:00:00",
                           "--gpus", 1, "--sbatch=--account=it's", "--study", "two words", "--lease", 3,
                           "--patience", 60, "--dry-run")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "#!/bin/sh")
        for option in ("--job-name=sweetspot-two_words", "--array=1-16", "--ntasks=1", "--cpus-per-task=4",
                       "--output=two_words-%A_%a.log", "--open-mode=append", "--requeue", "--partition=all",
                       "--time=2:00:00", "--gpus-per-task=1", "--account=it's"):
            self.assertIn(f"#SBATCH {option}", lines)
        self.assertIn("--study 'two words' --threads 4 --lanes 16 --lease 3 --patience 60 &", done.stdout)
        self.assertEqual(subprocess.run(["sh", "-n"], input=done.stdout, text=True).returncode, 0)
        self.assertEqual([file.name for file in self.folder.iterdir() if file != self.passwords], ["dry_run.toml"])
        self.assertEqual(self.ask("SELECT to_regclass('sweetspot.study')"), "")

    def test_kind(self):
        """What a file asks for is seen by its keys."""
        for kind, key in (("tune", 'cost = "3x"'), ("size", 'scales = "1,2"'), ("sweep", 'learning_rates = "1e-3,1e-2"')):
            file = self.write(f'data = "mnist"\n{key}\n', f"{kind}.toml")
            done = self.sweetspot("submit", file, "--store", self.url(), "--dry-run")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"--study {kind} ", done.stdout)
        refused = self.sweetspot("submit", self.write('cost = "3x"\n', "x.toml"), "--as", "sweep", "--store", self.url(),
                                 "--dry-run")
        self.assertEqual(refused.returncode, 2)

    def test_no_sbatch(self):
        """The study and the script are there, to be started otherwise."""
        line = self.refuses(5, "sbatch: not found", "submit", self.write(STUDY), "--store", self.url(), PATH="/nowhere")
        self.assertIn("no_sbatch.sbatch", line)
        self.assert_made()
        # Under anything that runs shell scripts.
        done = subprocess.run(["sh", "no_sbatch.sbatch"], cwd=self.folder, capture_output=True, text=True,
                              env=environment(PGPASSFILE=str(self.passwords)), timeout=PATIENCE * 120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_as_one_process(STUDY)

    def test_sbatch_refuses(self):
        self.refuses(5, "sbatch refuses .*sbatch_refuses.sbatch: .*invalid partition", "submit", self.write(STUDY),
                     "--store", self.url(), "--partition", "no-such-partition")
        self.assert_made()

    def assert_made(self):
        self.assertEqual(self.count("outcome IS NULL"), len(one_process(STUDY)))
        script = self.folder / f"{self.study}.sbatch"
        self.assertEqual(subprocess.run(["sh", "-n", script]).returncode, 0)
        self.assertNotIn(PASSWORD, script.read_text())


if __name__ == "__main__":
    needs.main()
