#!/usr/bin/python3
"""Damages a study's file in pages that are in use, and looks whether anything wrong is read in silence.

  damaged_studies.py [--count 1000] [--seed 1] [--rows 50] [--folder DIR] [--resume-every 25]

Makes a study with rows in every table (population-based training of a small program, by workers on a SQLite file),
keeps it in the folder, and damages a copy of it over and over: at least --rows times in the rows of each table, else
anywhere in a page that is in use: flipped bits, other bytes, zeroed sectors, pages that took another's place, files
that are cut. Each copy is shown (`show --json` of every part, `export --csv`): what comes out must be what came out
before, or a refusal with exit code 4 or 5 and one line. Every so many damages the command that made the study goes on
with the copy: it must refuse, or come to what it comes to with the undamaged file.

A line a damage goes to standard output and into DIR/log; a call with the same folder goes on where one was stopped.
Exit code 0: nothing wrong was read; 1: something was.
SWEETSPOT_PROGRAM says which program [build/dev/sweetspot].
"""
import argparse
import collections
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path(os.environ.get("SWEETSPOT_PROGRAM", "build/dev/sweetspot")).resolve()
TABLES = ["study", "metric", "worker", "trial", "lineage", "observation", "snapshot", "run"]
KINDS = ["bit", "byte", "bytes", "sector", "swap", "cut"]
REFUSED = (4, 5)
PAUSED = 10
SECTOR = 512
LEAVES = (0x0A, 0x0D)  # of an index, as tables without a rowid are, and of a table

# Its checkpoint is its step; its numbers depend on nothing else.
TRAIN = """\
import json, os, sys, time
rate, steps, at = float(sys.argv[1]), int(os.environ["SWEETSPOT_STEPS"]), 0
if os.environ.get("SWEETSPOT_RESUME"):
    at = int(open(os.environ["SWEETSPOT_RESUME"] + "/step").read())
wait = float(os.environ.get("WAIT", "0"))
while at < steps:
    at += 1
    time.sleep(wait)
    with open(os.environ["SWEETSPOT_CHECKPOINT"] + "/step", "w") as file:
        file.write(str(at))
    print(json.dumps({"step": at, "loss": abs(rate - 0.1) + 1 / at, "accuracy": 1 - abs(rate - 0.1) - 1 / at}),
          flush=True)
"""
TUNE = ["tune", "--command", "/usr/bin/python3 train.py {learning_rate}", "--learning-rates", "1e-3:1", "--method",
        "pbt", "--population", "8", "--ready", "25", "--budget", "400", "--cost", "16x", "--maximize", "accuracy",
        "--parallel", "8", "--study", "attacked"]


def sweetspot(folder, *arguments, **added):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM", "PG"))}
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=folder, env={**environment, **added}, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=600, errors="replace")


def go_on(folder, store, *more, wait="0"):
    return sweetspot(folder, *TUNE, "--store", store, *more, WAIT=wait)


def make(folder):
    """folder/whole.db: some calls that were paused, so that trials wait and have snapshots."""
    (folder / "train.py").write_text(TRAIN)
    store = folder / "whole.db"
    for _ in range(4):
        done = go_on(folder, store, "--max-seconds", "3", wait="0.06")
        if done.returncode != PAUSED:
            sys.exit(f"the study could not be made, or was over at once: exit code {done.returncode}\n{done.stderr}")
    with sqlite3.connect(store) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.execute("PRAGMA journal_mode = DELETE")
        rows = {table: file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    if not all(rows.values()):
        sys.exit(f"the study has not rows in every table: {rows}")
    print("the study:", ", ".join(f"{rows[table]} rows of {table}" for table in TABLES), flush=True)


def shown(folder, store):
    """What the program says of the study: (exit code, text, its last line on standard error)."""
    text = []
    for arguments in (["show", store, "--json"], ["show", store], ["export", store, "--csv", "-"]):
        done = sweetspot(folder, *arguments)
        if done.returncode != 0 or done.stderr:
            return done.returncode, "", done.stderr
        text.append(done.stdout)
    return 0, "\n".join(text), ""


def trained(folder, store):
    """The trials that the study comes to when its command goes on, without what a clock says."""
    done = go_on(folder, store)
    if done.returncode != 0:
        return done.returncode, "", done.stderr
    whole = json.loads(sweetspot(folder, "show", store, "--json").stdout)
    for trial in whole["trials"]:
        for key in ("compute_seconds", "worker"):
            trial.pop(key)
    return 0, json.dumps(whole["trials"]), ""


class Pages:
    """Which pages a file uses, and where in them the rows of its tables lie."""

    def __init__(self, file):
        self.bytes = file.read_bytes()
        self.size = int.from_bytes(self.bytes[16:18], "big") or 1
        self.size = 65536 if self.size == 1 else self.size
        with sqlite3.connect(file) as database:
            pages = database.execute("SELECT s.pageno, m.tbl_name, s.pagetype, m.type FROM dbstat s LEFT JOIN "
                                     "sqlite_master m ON m.name = s.name").fetchall()
        self.used = sorted(number for number, *_ in pages)
        self.cells = collections.defaultdict(list)  # by tables: (from, to) in the file
        for number, table, kind, what in pages:
            if what == "table" and table in TABLES:
                self.cells[table] += self._rows(number, kind)

    def _rows(self, number, kind):
        at = (number - 1) * self.size
        if kind == "overflow":
            return [(at + 4, at + self.size)]
        page = self.bytes[at:at + self.size]
        begin = 100 if number == 1 else 0
        if page[begin] not in LEAVES + (0x02,):  # an interior page of an index has rows, too
            return []
        head = begin + (8 if page[begin] in LEAVES else 12)
        count = int.from_bytes(page[begin + 3:begin + 5], "big")
        cells = sorted(int.from_bytes(page[head + 2 * i:head + 2 * i + 2], "big") for i in range(count))
        return [(at + first, at + last) for first, last in zip(cells, cells[1:] + [self.size])]


def damage(pages, chance, table):
    """(bytes of a damaged file, what was done)."""
    other = bytearray(pages.bytes)
    kind = chance.choice(KINDS[:3] if table else KINDS)
    if table:
        first, last = chance.choice(pages.cells[table])
        at = chance.randrange(first, last)
    else:
        at = (chance.choice(pages.used) - 1) * pages.size + chance.randrange(pages.size)
        last = len(other)
    if kind == "bit":
        other[at] ^= 1 << chance.randrange(8)
    elif kind == "byte":
        other[at] = (other[at] + chance.randrange(1, 256)) % 256
    elif kind == "bytes":
        for i in range(at, min(last, at + chance.randrange(2, 64))):
            other[i] = chance.randrange(256)
    elif kind == "sector":
        at -= at % SECTOR
        other[at:at + SECTOR] = bytes(SECTOR)
    elif kind == "swap":
        at -= at % pages.size
        from_page = (chance.choice(pages.used) - 1) * pages.size
        other[at:at + pages.size] = pages.bytes[from_page:from_page + pages.size]
    else:
        del other[at:]
    return bytes(other), f"{kind} at {at}"


def verdict(code, text, error, right):
    if code == 0:
        return "same" if text == right else "WRONG"
    lines = error.strip().splitlines()
    if code in REFUSED and len(lines) == 1 and lines[0].startswith("sweetspot: "):
        return "refused"
    return f"WRONG (exit code {code}, {len(lines)} lines)"


def reference(folder):
    """What the undamaged study says, and what it comes to; made once for a folder."""
    if not (folder / "right.json").exists():
        make(folder)
        code, text, error = shown(folder, folder / "whole.db")
        if code != 0:
            sys.exit(f"the undamaged study is refused: {error}")
        with tempfile.TemporaryDirectory(dir=folder) as work:
            end = trained_copy(folder, Path(work), (folder / "whole.db").read_bytes())
        if end[0] != 0:
            sys.exit(f"the undamaged study does not go on: {end[2]}")
        (folder / "right.json").write_text(json.dumps({"shown": text, "trained": end[1]}))
    return json.loads((folder / "right.json").read_text())


def trained_copy(folder, work, content):
    """The study goes on in a folder of its own, for its checkpoints lie beside it."""
    for entry in folder.iterdir():
        if entry.is_dir() and entry != work and not entry.name.startswith("tmp"):
            shutil.copytree(entry, work / entry.name)
    shutil.copy(folder / "train.py", work)
    (work / "whole.db").write_bytes(content)
    return trained(work, work / "whole.db")


def attack(folder, pages, right, options, number):
    chance = random.Random(f"{options.seed} {number}")
    table = TABLES[number // options.rows] if number < options.rows * len(TABLES) else None
    content, what = damage(pages, chance, table)
    copy = folder / "copy.db"
    for also in ("-wal", "-shm", "-journal"):
        Path(f"{copy}{also}").unlink(missing_ok=True)
    copy.write_bytes(content)
    code, text, error = shown(folder, copy)
    text = text.replace(str(copy), str(folder / "whole.db"))
    result = verdict(code, text, error, right["shown"])
    if options.resume_every and number % options.resume_every == 0 and content:
        with tempfile.TemporaryDirectory(dir=folder) as work:
            end = verdict(*trained_copy(folder, Path(work), content), right["trained"])
        result = f"{result}, trained on: {end}"
    return {"damage": number, "table": table or "any page", "what": what, "result": result,
            "said": error.strip()[:300]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=50, help="damages in the rows of each table")
    parser.add_argument("--folder", type=Path, default=None, help="kept; else a temporary one")
    parser.add_argument("--resume-every", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sweetspot-damaged-") as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        right = reference(folder)
        pages = Pages(folder / "whole.db")
        log = folder / "log"
        done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        with open(log, "a") as file:
            for number in range(len(done), options.count):
                done.append(attack(folder, pages, right, options, number))
                line = json.dumps(done[-1])
                print(line, flush=True)
                print(line, file=file, flush=True)
        tally(done)
        return 1 if any("WRONG" in entry["result"] for entry in done) else 0


def tally(done):
    counts = collections.Counter((entry["table"], entry["result"].split(",")[0].split(" (")[0]) for entry in done)
    print(f"{len(done)} damages; nothing wrong was read" if not any("WRONG" in e["result"] for e in done) else
          f"{len(done)} damages; SOMETHING WRONG WAS READ")
    for table in TABLES + ["any page"]:
        print(f"  {table:<12} {counts[table, 'refused']:>5} refused {counts[table, 'same']:>5} the same "
              f"{counts[table, 'WRONG']:>3} wrong")
    resumed = [entry for entry in done if "trained on" in entry["result"]]
    print(f"  trained on   {sum('on: refused' in e['result'] for e in resumed):>5} refused "
          f"{sum('on: same' in e['result'] for e in resumed):>5} the same "
          f"{sum('on: WRONG' in e['result'] for e in resumed):>3} wrong")


if __name__ == "__main__":
    sys.exit(main())
