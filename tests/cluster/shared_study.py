"""A study that several workers train, and the same by one process, for the tests beside this file."""
import json
import os
import subprocess
import time
from pathlib import Path

# ctest says which program is tested.
PROGRAM = os.environ.get("SWEETSPOT_PROGRAM", "sweetspot")
# What differs from run to run.
OF_ONE_RUN = ("compute_seconds", "worker")


def sweetspot(*arguments, **options):
    """The finished process; text of both streams kept."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, **options)


def shown(*address):
    """What `show --json` says of a study, without what differs from run to run."""
    result = sweetspot("show", *address, "--json")
    if result.returncode != 0:
        raise AssertionError(f"show {address}: {result.stderr}")
    study = json.loads(result.stdout)
    for trial in study["trials"]:
        for key in OF_ONE_RUN:
            trial.pop(key, None)
    return study


def trained_alone(folder, kind, *flags):
    """The study as one process trains it."""
    file = Path(folder) / "alone.db"
    result = sweetspot(kind, *flags, "--study", file, "--threads", "2")
    if result.returncode != 0:
        raise AssertionError(f"{kind}: {result.stderr}")
    return shown(file)


class Workers:
    """Processes that train one study; those that are left are killed at the end."""

    def __init__(self, folder, store, study, lease=1):
        self.folder = Path(folder)
        self.address = ["--store", str(store), "--study", study]
        self.lease = ["--threads", "1", "--lease", str(lease)]
        self.running = []
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.kill()
            process.wait()

    def _start(self, *arguments):
        self.count += 1
        with open(self.folder / f"worker-{self.count}.log", "w") as log:
            process = subprocess.Popen([PROGRAM, *map(str, arguments), *self.address, *self.lease],
                                       stdout=log, stderr=log, cwd=self.folder)
        self.running.append(process)
        return process

    def create(self, kind, *flags, seconds=30):
        """A training command that makes the study and is a worker itself; waits until it is there."""
        process = self._start(kind, *flags)
        until = time.monotonic() + seconds
        while sweetspot("status", *self.address).returncode != 0:
            if process.poll() not in (None, 0) or time.monotonic() > until:
                raise AssertionError(self.logs())
            time.sleep(0.05)
        return process

    def start(self, *flags):
        return self._start("worker", *flags)

    def kill(self, process):
        process.kill()
        process.wait()
        self.running.remove(process)

    def wait(self, seconds=90):
        """Until every worker has ended; gives their exit codes."""
        until = time.monotonic() + seconds
        return [process.wait(max(0.1, until - time.monotonic())) for process in self.running]

    def study(self):
        return shown(*self.address)

    def logs(self):
        return "\n".join(file.read_text() for file in sorted(self.folder.glob("worker-*.log")))
