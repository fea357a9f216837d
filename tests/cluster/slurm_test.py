#!/usr/bin/python3
"""The private Slurm by itself. Exit code 77: it is not installed, or this is not root."""
import os
import unittest

import needs
from leash import processes_of, wait_until
from slurm import Slurm


class SlurmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        needs.servers(Slurm)
        cls.slurm = cls.enterClassContext(Slurm())

    def submit(self, script, *options):
        file = self.slurm.folder / f"{self.id()}.sh"
        file.write_text(f"#!/bin/bash\n{script}\n")
        return self.slurm.sbatch(file, "--open-mode=append", *options)

    def output(self, name):
        file = self.slurm.folder / f"slurm-{name}.out"
        return file.read_text() if file.exists() else ""

    def wait_for_output(self, name, text):
        wait_until(lambda: text in self.output(name), 60, lambda: f"no {text}: {self.output(name)}")

    def test_array_over_both_nodes(self):
        # The first wait for each other, so that none can take the place of one that has ended meanwhile.
        job = self.submit("""
            touch "$SLURMD_NODENAME.there"
            until [ -e n1.there ] && [ -e n2.there ]; do sleep 0.1; done
            echo "$(hostname) $SLURMD_NODENAME\"""", "--array=0-7")
        tasks = self.slurm.wait_done(job, 120)
        self.assertEqual([task.task for task in tasks], list(range(8)))
        self.assertEqual({task.state for task in tasks}, {"COMPLETED"})
        self.assertEqual({task.node for task in tasks}, {"n1", "n2"})
        for task in tasks:
            self.assertEqual(self.output(f"{job}_{task.task}"), f"{os.uname().nodename} {task.node}\n")

    def test_killed_node_s_jobs_run_again_elsewhere(self):
        job = self.submit('echo "started ${SLURM_RESTART_COUNT:-0}"; [ "$SLURM_RESTART_COUNT" ] || sleep 300',
                          "--array=0-1")
        for task in (0, 1):
            self.wait_for_output(f"{job}_{task}", "started 0")
        self.assertEqual({task.node for task in self.slurm.states(job)}, {"n1"})
        self.slurm.kill_node("n1")
        self.assertEqual(processes_of(f"{self.id()}.sh"), [])
        tasks = self.slurm.wait_done(job, 120)
        self.assertEqual([(task.state, task.node) for task in tasks], [("COMPLETED", "n2")] * 2)
        self.assertEqual(self.output(f"{job}_0"), "started 0\nstarted 1\n")
        self.slurm.start_node("n1")

    def test_preemption(self):
        job = self.submit("""
            [ "$SLURM_RESTART_COUNT" ] && echo again && exit 0
            trap "echo saved" USR1
            trap "echo stopped; exit 1" TERM
            echo started
            while :; do sleep 0.1; done""")
        self.wait_for_output(job, "started")
        self.slurm.preempt(job, "USR1")
        self.wait_for_output(job, "saved")
        self.slurm.preempt(job)
        self.assertEqual([task.state for task in self.slurm.wait_done(job, 120)], ["COMPLETED"])
        said = [line for line in self.output(job).splitlines() if line in ("started", "saved", "stopped", "again")]
        self.assertEqual(said, ["started", "saved", "stopped", "again"], self.output(job))


if __name__ == "__main__":
    needs.main()
