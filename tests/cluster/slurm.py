"""A private Slurm on loopback, two nodes on this machine, in a temporary folder, for as long as a test runs."""
import os
import secrets
import shutil
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from leash import Folder, Leash, environment_without, free_port, tail, wait_until

FINAL = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
         "TIMEOUT"}
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "sinfo", "squeue", "unshare")
NODES = ("n1", "n2")

TEMPLATE = Path(__file__).with_name("slurm.conf.in")


class Task(NamedTuple):
    task: int | None  # its number in the array
    state: str
    node: str         # empty while it waits


class Slurm:
    """with Slurm() as slurm: job = slurm.sbatch("train.sh", "--array=0-7"); slurm.wait_done(job, 30)

    Each node lives in a process namespace of its own, so that kill_node() takes its jobs along. `folder` is
    where jobs start and write by default, and where the logs are.
    """

    def __init__(self, cpus=2):
        self.cpus = cpus  # of each node: how many one-core jobs it runs at once
        self.folder = None
        self._nodes = {}

    @staticmethod
    def is_available():
        return os.geteuid() == 0 and all(shutil.which(program) for program in PROGRAMS)

    def __enter__(self):
        with ExitStack() as undo:
            folder = Folder("slurm")
            undo.callback(folder.close)
            self.folder = folder.path
            self._config = self.folder / "slurm.conf"
            self._start_munge(undo)
            self._config.write_text(TEMPLATE.read_text().format(
                folder=self.folder, cpus=self.cpus, host=socket.gethostname().split(".")[0],
                ports=[free_port() for _ in range(3)]))
            (self.folder / "state").mkdir()
            controller = self._daemon("slurmctld", "-D", "-i", "-f", self._config)
            undo.callback(controller.close)
            wait_until(lambda: "is UP" in self._ask("scontrol", "ping"), 60,
                       lambda: f"slurmctld is not ready:\n{tail(self.folder / 'slurmctld.log')}")
            undo.callback(self._stop_nodes)
            for name in NODES:
                self._start(name)
            for name in NODES:
                self._wait_for_node(name)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *failure):
        self.stop()

    def stop(self):
        """Ends everything at once, jobs too, and removes the folder."""
        self._undo.close()

    def environment(self):
        """For programs that call sbatch, squeue, scancel or scontrol."""
        return environment_without("SLURM", "SBATCH", "SQUEUE", "SCANCEL", "SINFO", SLURM_CONF=str(self._config))

    def sbatch(self, path, *options):
        """Submits a script with these options of sbatch; the job's id."""
        return int(self._run("sbatch", "--parsable", *options, Path(path).resolve()))

    def states(self, job):
        """[Task(task, state, node), ...] of a job or of an array's tasks, ended ones too."""
        tasks = []
        for line in self._run("squeue", "-r", "-h", "-t", "all", "-j", job, "-o", "%K|%T|%N").splitlines():
            task, state, node = line.split("|")
            tasks.append(Task(int(task) if task.isdigit() else None, state, node))
        return sorted(tasks, key=lambda task: task.task or 0)

    def wait_done(self, job, seconds):
        """The states, once all are final."""
        self.wait_for(job, seconds, lambda tasks: all(task.state in FINAL for task in tasks))
        return self.states(job)

    def wait_for(self, job, seconds, is_so):
        """Waits until `is_so` of the job's states."""
        wait_until(lambda: is_so(self.states(job)), seconds,
                   lambda: f"{self.states(job)}\n{tail(self.folder / 'slurmctld.log')}")

    def kill_node(self, name, told=False):
        """The node and all its jobs are gone at once. With `told`, the controller need not find out."""
        self._nodes[name].close()
        if told:
            self._run("scontrol", "update", f"nodename={name}", "state=down", "reason=killed")

    def start_node(self, name):
        """Returns when the node takes jobs."""
        self._start(name)
        self._wait_for_node(name)

    def preempt(self, task, signal=None):
        """Requeues a job or JOB_TASK, or sends a signal to its script (as USR1, to say: save, time is up)."""
        if signal:
            self._run("scancel", "--batch", f"--signal={signal}", task)
        else:
            self._run("scontrol", "requeue", task)

    def _start_munge(self, undo):
        place = self.folder / "munge"
        place.mkdir()
        self.folder.chmod(0o755)
        key = place / "key"
        key.touch(0o600)
        key.write_bytes(secrets.token_bytes(128))
        files = [f"--{kind}-file={place}/{kind}" for kind in ("key", "pid", "log", "seed")]
        munge = self._daemon("munged", "--foreground", "--origin=127.0.0.1", f"--socket={place}/socket", *files)
        undo.callback(munge.close)
        wait_until((place / "socket").exists, 60, lambda: f"munged is not ready:\n{tail(munge.log)}")

    def _start(self, name):
        self._nodes[name] = self._daemon("slurmd", "-D", "-N", name, "-f", self._config, log=name)

    def _wait_for_node(self, name):
        state = ("sinfo", "-h", "-n", name, "-o", "%T")
        wait_until(lambda: self._ask(*state).strip() in ("idle", "mixed", "allocated"), 60,
                   lambda: f"{name} is not ready:\n{tail(self.folder / f'slurmd.{name}.log')}")

    def _stop_nodes(self):
        for node in self._nodes.values():
            node.close()

    def _daemon(self, program, *arguments, log=None):
        return Leash([program, *arguments], self.folder / f"{log or program}.output", alone=True, cwd=self.folder,
                     env=environment_without("SLURM", "SBATCH"))

    def _ask(self, program, *arguments):
        return self._call(program, *arguments).stdout

    def _run(self, program, *arguments):
        done = self._call(program, *arguments)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout

    def _call(self, program, *arguments):
        return subprocess.run([program, *map(str, arguments)], env=self.environment(), cwd=self.folder, text=True,
                              capture_output=True)
