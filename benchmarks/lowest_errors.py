"""Lowest validation errors of methods in experiments, as the tables of docs/results_tables.md.

    python benchmarks/lowest_errors.py runs/tables/* --reference tw-full

Of every folder that ``otnas run`` wrote into: mean lowest validation error after 30, 50, 100, 150
queries, and how far methods are from the reference in the trials that both have, with 95 %
bootstrap intervals over trials. Trials that have not so many queries are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from otnas.study import Study

QUERIES = (30, 50, 100, 150)
COMPARED = 3  # of these


def read(folder: Path) -> tuple[dict[str, dict[int, list[float]]], float]:
    """Return lowest errors after `QUERIES`, by method and trial, and the table's lowest."""
    found: dict[str, dict[int, list[float]]] = {}
    lowest = np.nan
    for path in sorted(folder.rglob("*.jsonl")):
        study = Study.read(path)
        values = [trial.value for trial in study.trials if trial.value is not None]
        if len(values) >= QUERIES[-1]:
            best = np.minimum.accumulate(values)
            lowest = study.header["table"]["lowest"]["validation_error"]
            method = study.header["configuration"]["method"]
            at = [float(best[queries - 1]) for queries in QUERIES]
            found.setdefault(method, {})[study.header["seed"]] = at
    return found, lowest


def difference(a: dict[int, list[float]], b: dict[int, list[float]], at: int) -> str:
    """Return the mean of a - b over the trials that both have, and its interval."""
    common = sorted(a.keys() & b.keys())
    values = np.array([a[trial][at] - b[trial][at] for trial in common])
    if values.size < 2:
        return ""
    drawn = np.random.default_rng(0).integers(0, values.size, (10_000, values.size))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return f"{values.mean():+.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Print a table a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--reference", default="tw-full")
    options = parser.parse_args()
    for folder in options.folders:
        found, lowest = read(folder)
        differences = [f"minus `{options.reference}`, at {QUERIES[0]}"]
        differences += [f"at {queries}" for queries in QUERIES[1:COMPARED]]
        titles = ["method", "trials", *(f"at {q}" for q in QUERIES), *differences, "optimum found"]
        print(f"\n**{folder.name}** (lowest {lowest:.3f})\n\n| {' | '.join(titles)} |")
        print("|---" * len(titles) + "|")
        for method, trials in sorted(
            found.items(), key=lambda item: float(np.mean([best[1] for best in item[1].values()]))
        ):
            reference = found.get(options.reference, {})
            compared = [
                "" if method == options.reference else difference(trials, reference, at)
                for at in range(COMPARED)
            ]
            means = [f"{mean:.3f}" for mean in np.mean(list(trials.values()), axis=0)]
            hits = sum(best[-1] <= lowest + 1e-9 for best in trials.values())
            cells = [f"`{method}`", str(len(trials)), *means, *compared, f"{hits}/{len(trials)}"]
            print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
