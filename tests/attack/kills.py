#!/usr/bin/python3
"""Kills sweetspot by SIGKILL at random moments, and compares what comes out with what comes out undisturbed.

  kills.py [--kinds KIND,...] [--kills N] [--seed S] [--minutes M] [--state FILE]

Each study takes a second or two of training. A run of it is killed at a moment that is drawn uniformly from those
between its first and its last observation, and the study goes on by the same call, some times over, until a call
comes to its end. Then every observation, outcome, note and answer, and each trial's descent, has to be that of a
study that nobody disturbed; no process may be left, and no file that the study is done with. Of a program with
checkpoints observations may be missing, as docs/own-program.md says, and a search that misses one may go another
way: there every observation that was kept has to be what the program reports at its step, every trial has to have
ended, and none as failed. Prints a line for each study and a tally at the end; its exit code is 1 where anything
differed. With --state it can be stopped, by Ctrl-C, and begun again: it goes on where it was.

SWEETSPOT_PROGRAM says which program; SWEETSPOT_LIBRARY_STUDY which program of the library (library_study.cpp). MNIST
has to be in the cache; a worker on PostgreSQL needs PostgreSQL's programs.
"""
import argparse
import collections
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cluster"))

from outcomes import differences, outcome_of, untrue  # noqa: E402
from postgres import Postgres  # noqa: E402
from study import PROGRAM, Program, environment  # noqa: E402

LIBRARY = Path(os.environ.get("SWEETSPOT_LIBRARY_STUDY", "build/dev/tests/library_study")).resolve()
MOST_KILLS = 4  # of one study
LEASE = 1

# Saves every few steps, whole or not at all, and goes on from there; a value depends on all steps before it. What it
# goes on from it reports again: what it had reported there may have been lost with who listened.
TRAINER = """\
import json, math, os, sys, time
rate, step, total = float(sys.argv[1]), 0, 0.0
saving, start = os.environ["SWEETSPOT_CHECKPOINT"], os.environ["SWEETSPOT_RESUME"]

def report():
    print(json.dumps({"step": step, "accuracy": 1 - math.exp(-total / 60)}), flush=True)

if start:
    with open(start + "/state") as file:
        step, total = json.load(file)
    report()
while step < int(os.environ["SWEETSPOT_STEPS"]):
    time.sleep(0.01)
    step += 1
    total += math.exp(-math.log10(rate / 0.01) ** 2) * (1 + step % 3)
    if step % 5 == 0:
        with open(saving + "/part", "w") as file:
            json.dump([step, total], file)
        os.replace(saving + "/part", saving + "/state")
    report()
"""
OWN = ["--command", "python3 -I train.py {learning_rate}", "--parallel", "2"]
OWN_SEARCH = [*OWN, "--learning-rates", "1e-5:1", "--budget", "40", "--check-every", "10", "--maximize", "accuracy"]
SWEEP = """\
data = "mnist"
model = "tiny"
optimizers = ["adam", "gd"]
learning_rates = "1e-3:1:3"
target = "train_accuracy=0.9"
budget = 400
early_stop = "off"
seed = {variant}
"""


def sweep(variant):
    return ["sweep", "study.toml", "--threads", "1"]


def tune(variant):
    method = ("random", "tpe", "halving", "auto", "median")[variant % 5]
    return ["tune", "--method", method, "--optimizers", "gd,adam", "--budget", "300", "--target", "train_accuracy=0.85",
            "--cost", "8x", "--round", "8", "--threads", "1", "--seed", str(variant)]


def pbt(variant):
    return ["tune", "--method", "pbt", "--population", "6", "--ready", "50", "--optimizers", "gd,adam", "--budget",
            "200", "--cost", "8x", "--objective", "best:validation_accuracy", "--threads", "1", "--seed", str(variant)]


def command(variant):
    if variant % 3 == 0:
        return ["sweep", *OWN, "--learning-rates", "1e-4:1:2", "--budget", "40", "--target", "accuracy>=0.9",
                "--seed", str(variant)]
    if variant % 3 == 1:
        return ["tune", *OWN_SEARCH, "--method", "halving", "--cost", "6x", "--seed", str(variant)]
    return ["tune", *OWN_SEARCH, "--method", "pbt", "--population", "4", "--ready", "10", "--cost", "8x", "--seed",
            str(variant)]


CALLS = {"sweep": sweep, "tune": tune, "pbt": pbt, "command": command}
KINDS = [*CALLS, "library", "worker-sqlite", "worker-postgres"]
VARIANTS = 6  # of each kind; that many are trained undisturbed


class File:
    """A study in a file."""

    def __init__(self, folder, name="study.db"):
        self.path, self.place = folder / name, ["--study", name]
        self.shown = [name]

    def rows(self, query):
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=60)) as database:
            return database.execute(query).fetchall()

    def observations(self):
        try:
            return self.rows("SELECT count(*) FROM observation")[0][0]
        except sqlite3.Error:
            return 0  # not made yet

    def left(self):
        return [name for name in (f"{self.path}-wal", f"{self.path}-journal") if os.path.exists(name)]


class Shared(File):
    """One that workers share."""

    def __init__(self, folder):
        super().__init__(folder)
        self.place = ["--store", "study.db", "--study", "attacked"]


class Server:
    """One on a server."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.place = ["--store", server.url(), "--study", name]
        self.shown = self.place

    def ask(self, sql):
        return self.server.psql(f"SET search_path TO sweetspot; {sql}")

    def rows(self, query):
        query = query.replace(" ORDER BY", f" WHERE s.name = '{self.name}' ORDER BY")
        return json.loads(self.ask(f"SELECT coalesce(json_agg(q), '[]') FROM (SELECT row_to_json(r) AS q FROM "
                                   f"({query}) r) x") or "[]")

    def observations(self):
        return int(self.ask(f"SELECT count(*) FROM observation o JOIN study s ON s.id = o.part "
                            f"WHERE s.name = '{self.name}'"))

    def left(self):
        return []


def processes_in(folder):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.readlink(entry / "cwd") == str(folder):
                    found.append((entry.name, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()))
    return found


class Study:
    """One study, in a folder of its own."""

    def __init__(self, kind, variant, folder, server=None, name="", undisturbed=False):
        self.kind, self.folder = kind, folder
        self.runs = 0
        (folder / "train.py").write_text(TRAINER)
        (folder / "study.toml").write_text(SWEEP.format(variant=variant))
        self.is_shared = kind.startswith("worker") and not undisturbed
        if kind == "worker-postgres" and not undisturbed:
            self.store = Server(server, name)
        else:
            self.store = Shared(folder) if self.is_shared else File(folder)
        if self.is_shared:
            self.call = ["worker", *self.store.place, "--threads", "1", "--lease", str(LEASE)]
            made = subprocess.run([PROGRAM, "submit", "study.toml", *self.store.place], cwd=folder, text=True,
                                  capture_output=True, env=environment(PATH="/nowhere"))
            if "the study is made" not in made.stderr:
                raise RuntimeError(made.stderr)
        elif kind == "library":
            self.call = [str(LIBRARY), "study.db", str(variant)]
        else:
            self.call = [*CALLS.get(kind, sweep)(variant), *self.store.place]

    def start(self):
        self.runs += 1
        program = Program(self.call, self.folder / f"{self.runs}.log", self.folder, environment())
        return program

    def orphans(self, alive):
        """Those that are left of a run that was killed, some time after."""
        until = time.monotonic() + 30
        while True:
            own = {str(program.process.pid) for program in alive}
            left = [f"{pid} {line}" for pid, line in processes_in(self.folder) if pid not in own]
            if not left or time.monotonic() > until:
                return left
            time.sleep(0.02)


class LibraryProgram(Program):
    """The library's program is its own; Program begins sweetspot."""

    def __init__(self, arguments, log, folder, env):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig=KILL", "--", *arguments], cwd=folder, env=env,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)


class Attack:
    def __init__(self, seed, state):
        self.seed = seed
        self.state = state
        self.server = None
        self.references = {}
        self.done = []
        if state and state.exists():
            self.done = [json.loads(line) for line in state.read_text().splitlines()]

    def start(self, study):
        if study.kind != "library":
            return study.start()
        study.runs += 1
        return LibraryProgram(study.call, study.folder / f"{study.runs}.log", study.folder, environment())

    def undisturbed(self, kind, variant):
        """What comes out, how many observations that are, and how long the first is before the end."""
        alike = "sweep" if kind.startswith("worker") else kind
        if (alike, variant) not in self.references:
            with tempfile.TemporaryDirectory(prefix="sweetspot-kills-") as name:
                study = Study(alike, variant, Path(name).resolve(), undisturbed=True)
                program = self.start(study)
                while program.is_running() and study.store.observations() == 0:
                    time.sleep(0.005)
                first = time.monotonic()
                if program.wait() != 0:
                    raise RuntimeError(f"{kind}: undisturbed it failed: {program.says()}")
                seconds = time.monotonic() - first
                self.references[alike, variant] = (outcome_of(study.folder, study.store),
                                                   study.store.observations(), seconds)
        return self.references[alike, variant]

    def kill_one(self, study, alive, chance, all_observations, seconds):
        """False where the study came to its end first. Gives what is left of the one that was killed."""
        before = study.store.observations()
        while study.store.observations() == before:
            if not all(program.is_running() for program in alive):
                return None
            time.sleep(0.005)
        # Of several workers each does its share; what was lost by kills is trained again.
        share = 1 - min(before / all_observations, 0.95)
        until = time.monotonic() + chance.uniform(0, seconds * share / len(alive))
        while time.monotonic() < until:
            if not all(program.is_running() for program in alive):
                return None
            time.sleep(0.001)
        victim = alive.pop(chance.randrange(len(alive)))
        if not victim.is_running():
            alive.append(victim)
            return None
        victim.send(signal.SIGKILL)
        victim.process.wait()
        return study.orphans(alive)

    def attack(self, kind, index):
        chance = random.Random(f"{self.seed} {kind} {index}")
        variant = index % VARIANTS
        wanted, all_observations, seconds = self.undisturbed(kind, variant)
        troubles, kills = [], 0
        with tempfile.TemporaryDirectory(prefix="sweetspot-kills-") as name:
            study = Study(kind, variant, Path(name).resolve(), self.server, f"s{os.getpid()}-{index}")
            alive = []
            try:
                workers = 2 if study.is_shared else 1
                most = chance.randint(1, MOST_KILLS)
                while kills < most:
                    alive += [self.start(study) for _ in range(workers - len(alive))]
                    left = self.kill_one(study, alive, chance, all_observations, seconds)
                    if left is None:
                        break
                    kills += 1
                    troubles += [f"left running: {line}" for line in left]
                # Those that run come to their end; where none does, one more call.
                alive = alive or [self.start(study)]
                codes = [program.wait() for program in alive]
                if any(codes):
                    troubles.append(f"exit codes {codes}: {alive[codes.index(max(codes))].says()[-400:]}")
                found = outcome_of(study.folder, study.store)
                differs = differences(found, wanted)
                troubles += untrue(found) if kind == "command" else differs
                troubles += [f"left behind: {name}" for name in study.store.left()]
                troubles += [f"left behind: {path.relative_to(study.folder)}"
                             for pattern in ("*.files/*/reports*", "*.files/*/checkpoints/*")
                             for path in study.folder.glob(pattern)]
            finally:
                for program in alive:
                    program.close()
        return kills, troubles, bool(differs)

    def run(self, kinds, wanted_kills, until):
        for kind in kinds:
            done = [entry for entry in self.done if entry["kind"] == kind]
            kills, index = sum(entry["kills"] for entry in done), len(done)
            while kills < wanted_kills and time.monotonic() < until:
                found, troubles, differs = self.attack(kind, index)
                entry = {"kind": kind, "study": index, "kills": found, "troubles": troubles, "differs": differs}
                self.done.append(entry)
                if self.state:
                    with open(self.state, "a") as file:
                        print(json.dumps(entry), file=file, flush=True)
                kills += found
                index += 1
                print(f"{kind} {index}: {found} kills, " +
                      ("; ".join(troubles) or ("observations are missing" if differs else "as undisturbed")), flush=True)

    def tally(self):
        by_kind = collections.defaultdict(list)
        for entry in self.done:
            by_kind[entry["kind"]].append(entry)
        for kind, entries in by_kind.items():
            print(f"{kind}: {len(entries)} studies, {sum(entry['kills'] for entry in entries)} kills, "
                  f"{sum(bool(entry['troubles']) for entry in entries)} with what may not be, "
                  f"{sum(entry['differs'] and not entry['troubles'] for entry in entries)} without some observations")
        return any(entry["troubles"] for entry in self.done)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--kills", type=int, default=150, help="of each kind [150]")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--minutes", type=float, default=1e6, help="begins no further study after so long")
    parser.add_argument("--state", type=Path, help="keeps what was done, and goes on from there")
    flags = parser.parse_args()
    kinds = flags.kinds.split(",")
    if unknown := set(kinds) - set(KINDS):
        parser.error(f"unknown kinds: {', '.join(unknown)}")
    attack = Attack(flags.seed, flags.state)
    with contextlib.ExitStack() as undo:
        if "worker-postgres" in kinds:
            if not Postgres.is_available():
                parser.error("worker-postgres: PostgreSQL is not installed")
            attack.server = undo.enter_context(Postgres())
        try:
            attack.run(kinds, flags.kills, time.monotonic() + 60 * flags.minutes)
        except KeyboardInterrupt:
            print("stopped")
    return 1 if attack.tally() else 0


if __name__ == "__main__":
    sys.exit(main())
