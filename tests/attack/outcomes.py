"""What comes out of a study, and whether that is what has to come out: for kills.py."""
import json
import math
import subprocess

from study import PROGRAM, environment, without_clock

TABLES = {
    "trial": "SELECT t.number, t.config, t.seed, t.outcome, t.steps, t.given_up_at, t.note, t.reproducible "
             "FROM trial t JOIN study s ON s.id = t.part ORDER BY t.number",
    "observation": "SELECT o.trial, o.step, m.name, o.value FROM observation o JOIN study s ON s.id = o.part "
                   "JOIN metric m ON m.part = o.part AND m.id = o.metric ORDER BY o.trial, o.step, m.name",
    "lineage": "SELECT l.trial, l.origin, l.step FROM lineage l JOIN study s ON s.id = l.part ORDER BY l.trial",
}


def plain(row):
    """A row of either kind of database."""
    values = [json.loads(part) if isinstance(part, str) and part[:1] == "{" else part for part in
              (row.values() if isinstance(row, dict) else row)]
    return [list(part.values()) if isinstance(part, dict) and set(part) == {"q"} else part for part in values]


def outcome_of(folder, store):
    """All that has to be the same."""
    found = {}
    for table, query in TABLES.items():
        rows = store.rows(query)
        found[table] = [plain(row["q"] if isinstance(row, dict) and set(row) == {"q"} else row) for row in rows]
    shown = subprocess.run([PROGRAM, "show", *store.shown, "--json"], cwd=folder, text=True, capture_output=True,
                           env=environment())
    if shown.returncode != 0:
        return {"show": shown.stderr}
    study = json.loads(shown.stdout)
    answer = study.get("answer") or {}
    found["trials"] = without_clock(study["trials"])
    found["answer"] = {key: answer.get(key) for key in ("config", "value", "safe")}
    return found


def differences(found, wanted):
    """A line for each thing that is not as it has to be."""
    lines = []
    for name in wanted:
        here, there = found.get(name), wanted[name]
        if here == there:
            continue
        if name in TABLES:
            lost = [row for row in there if row not in here]
            more = [row for row in here if row not in there]
            lines.append(f"{name}: {len(lost)} rows are missing, {len(more)} are others: {lost[:3]} {more[:3]}")
        elif name == "trials":
            lines += [f"trial {n}: {a} instead of {b}" for n, (a, b) in enumerate(zip(here, there)) if a != b][:3]
            if len(here) != len(there):
                lines.append(f"{len(here)} trials instead of {len(there)}")
        else:
            lines.append(f"{name}: {here} instead of {there}")
    lines += [found["show"]] if "show" in found else []
    return lines


def untrue(found):
    """A line for each thing that is not so of the program's training, whatever the search has asked for."""
    if "show" in found:
        return [found["show"]]
    trials = {row[0]: row for row in found["trial"]}
    descent = {trial: (origin, step) for trial, origin, step in found["lineage"]}

    def total_at(number, step):
        origin, begun = descent.get(number, (None, 0))
        total = 0.0 if origin is None else total_at(origin, begun)
        rate = trials[number][1]["learning_rate"]
        for at in range(begun + 1, step + 1):
            total += math.exp(-math.log10(rate / 0.01) ** 2) * (1 + at % 3)
        return total

    lines = [f"trial {number}: observation of step {step} is {value}"
             for number, step, _, value in found["observation"]
             if value != 1 - math.exp(-total_at(*((number, step) if step > descent.get(number, (None, 0))[1]
                                                  else (descent[number]))) / 60)]
    return lines + [f"trial {number}: outcome {row[3]}, {row[6]}" for number, row in trials.items()
                    if row[3] in (None, "failed")]
