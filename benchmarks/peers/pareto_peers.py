"""Methods of others that look for a front: what `benchmarks/pareto.py` compares with.

A problem has N architectures in rows and d objectives of each, all minimised, the first being what
is not known before a query. A method is a function (problem, rows of the initial design, number of
queries, seed) -> rows in the order of queries; none comes twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna

from otnas.arrays import FloatArray
from otnas.search import CellPool
from otnas.search.baselines.optuna_study import quiet
from otnas.spaces.nasbenchgraph_ways import LINKS

# Suggestions in a row that were seen before, after which a uniform draw takes their place.
REPEATS = 10


@dataclass(frozen=True)
class Problem:
    """A table and its objectives.

    Attributes
    ----------
    pool : CellPool
    points : array (N, d)
    reference : array (d,)
        Where volumes end.
    """

    pool: CellPool
    points: FloatArray
    reference: FloatArray

    def fresh(self, rows: list[int], rng: np.random.Generator) -> int:
        """Draw a row that is not among those seen."""
        return int(rng.choice(np.setdiff1d(np.arange(len(self.points)), rows)))


def scalarised_local_search(
    problem: Problem, rows: list[int], queries: int, seed: int
) -> list[int]:
    """Descend a weighted sum of objectives to a local minimum, then draw other weights.

    Weights are uniform on the simplex; objectives are scaled to 0 at the lowest value (of the
    first: told so far) and 1 at the reference. A descent starts at the best row told and moves at
    the first improvement; if all neighbours of its start are known, it starts at a uniform draw.
    """
    rng = np.random.default_rng([seed, 1])
    rows = list(rows)
    low = problem.points.min(axis=0)
    while len(rows) < queries:
        low[0] = problem.points[rows, 0].min()
        weights = rng.dirichlet(np.ones(low.size))
        score = (problem.points - low) / (problem.reference - low) @ weights
        centre = min(rows, key=lambda row: float(score[row]))
        left = _neighbours(problem, centre, rows, rng)
        if not left:
            centre = problem.fresh(rows, rng)
            rows.append(centre)
            left = _neighbours(problem, centre, rows, rng)
        while left and len(rows) < queries:
            row = left.pop()
            rows.append(row)
            if score[row] < score[centre]:
                centre, left = row, _neighbours(problem, row, rows, rng)
    return rows


def nsga2(population: int) -> Callable[..., list[int]]:
    """Return Optuna's NSGA-II (Deb et al. 2002); its own default is a population of 50."""
    return _of_sampler(
        lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=population)
    )


def tpe() -> Callable[..., list[int]]:
    """Return Optuna's multi-objective Parzen estimator (Ozaki et al. 2022), its own defaults."""
    return _of_sampler(lambda seed: optuna.samplers.TPESampler(seed=seed, n_startup_trials=1))


def _of_sampler(make: Callable[[int], Any]) -> Callable[..., list[int]]:
    """Return a method from a sampler; suggestions seen before are answered at once, for nothing.

    Parameters are one of the nine links of NAS-Bench-Graph and four operations, as it writes them.
    """

    def method(problem: Problem, rows: list[int], queries: int, seed: int) -> list[int]:
        rng, space = np.random.default_rng([seed, 1]), problem.pool.space
        links = ["".join(map(str, link)) for link in LINKS]
        choices = {"links": links, **{f"op{i}": ops for i, ops in enumerate(space.choices[3:])}}
        distributions = {
            name: optuna.distributions.CategoricalDistribution(allowed)
            for name, allowed in choices.items()
        }
        with quiet():
            study = optuna.create_study(
                directions=["minimize"] * len(problem.reference), sampler=make(seed)
            )

        def add(row: int) -> None:
            links, ops = space.format(problem.pool[row]).split(";")
            study.add_trial(
                optuna.trial.create_trial(
                    values=problem.points[row].tolist(),
                    params=dict(zip(choices, [links, *ops.split(",")], strict=True)),
                    distributions=distributions,
                )
            )

        rows = list(rows)
        with quiet():
            for row in rows:
                add(row)
            seen, repeats = set(rows), 0
            while len(rows) < queries:
                if repeats == REPEATS:
                    row, repeats = problem.fresh(rows, rng), 0
                    add(row)
                else:
                    trial = study.ask(distributions)
                    first, *ops = (trial.params[name] for name in choices)
                    if set(ops) == {"skip"}:  # no network
                        row = -1
                        study.tell(trial, state=optuna.trial.TrialState.FAIL)
                    else:
                        row = problem.pool.locate(space.parse(f"{first};{','.join(ops)}"))
                        study.tell(trial, problem.points[row].tolist())
                    if row < 0 or row in seen:
                        repeats += 1
                        continue
                repeats = 0
                seen.add(row)
                rows.append(row)
        return rows

    return method


def _neighbours(problem: Problem, row: int, rows: list[int], rng: np.random.Generator) -> list[int]:
    cells = problem.pool.space.neighbours(problem.pool[row])
    found = {problem.pool.locate(cell) for cell in cells} - {-1, *rows}
    return [int(i) for i in rng.permutation(sorted(found))]
