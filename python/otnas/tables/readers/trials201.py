"""Results of one architecture in the files of NAS-Bench-201 and NATS-Bench, and their reading.

The benchmarks trained every architecture on four data sets with several seeds, for several numbers
of epochs. The results of one architecture and one number of epochs are

    {"arch_str": text, "dataset_seed": {dataset: [seed, ...]},
     "all_results": {(dataset, seed): {"eval_acc1es": {"x-valid@11": percent, ...},
                                       "train_times": {epoch: seconds}, "params": millions,
                                       "flop": millions, "latency": [seconds, ...], ...}}}

(``ArchResults.state_dict`` of the official API, Dong & Yang 2020).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from otnas import checks, spaces
from otnas.tables.provenance import Provenance
from otnas.tables.table import METRICS, Table
from otnas_fast import NASBENCH201, CellArray, as_cells

EPOCHS = (12, 200)
SEEDS = (111, 777, 888, 999)


@dataclass(frozen=True)
class Benchmark:
    """What is chosen from.

    Attributes
    ----------
    space : str
        Whose texts the architectures are.
    epochs, seeds : tuple of int
        With which they were trained.
    """

    space: str
    epochs: tuple[int, ...]
    seeds: tuple[int, ...]


TOPOLOGY = Benchmark("nasbench201", EPOCHS, SEEDS)
SIZE = Benchmark("nats_size", (1, 12, 90), (777, 888, 999))


@dataclass(frozen=True)
class Split:
    """The validation and test accuracies of a data set, and the images that they are of."""

    validation: str
    test: str
    text: str


_SAME = (
    "networks trained on all 50,000 training images have no validation images left: the test error "
    "serves as validation error too; cifar10-valid has a separate one"
)
SPLITS = {
    "cifar10-valid": Split(
        "x-valid",
        "ori-test",
        "trained on 25,000 training images of CIFAR-10; validation: the other 25,000 (x-valid); "
        "test: the 10,000 test images (ori-test)",
    ),
    "cifar10": Split(
        "ori-test",
        "ori-test",
        "trained on all 50,000 training images of CIFAR-10; validation and test: the 10,000 test "
        "images (ori-test)",
    ),
    "cifar100": Split(
        "x-valid",
        "x-test",
        "trained on the 50,000 training images of CIFAR-100; validation: 5,000 of the test images "
        "(x-valid); test: the other 5,000 (x-test)",
    ),
    "ImageNet16-120": Split(
        "x-valid",
        "x-test",
        "trained on the 151,700 training images of ImageNet16-120; validation: 3,000 of the "
        "validation images (x-valid); test: the other 3,000 (x-test)",
    ),
}


@dataclass(frozen=True)
class Choice:
    """The choice among the many results; nothing is chosen silently.

    Attributes
    ----------
    dataset : str
        One of `SPLITS`.
    epochs : int
        One of the benchmark's: trained with that schedule, not stopped after it.
    seeds : int or "mean"
        One of the benchmark's, or the mean over all seeds an architecture has.
    benchmark : Benchmark, default TOPOLOGY

    Raises
    ------
    ValueError
        If a value is not one of these.
    """

    dataset: str
    epochs: int
    seeds: int | str
    benchmark: Benchmark = TOPOLOGY

    def __post_init__(self) -> None:
        checks.choice("dataset", self.dataset, SPLITS, "data set")
        if self.epochs not in self.benchmark.epochs:
            known = " or ".join(map(str, self.benchmark.epochs))
            raise ValueError(f"epochs: expected {known}, got {self.epochs!r}")
        if self.seeds != "mean" and self.seeds not in self.benchmark.seeds:
            known = ", ".join(map(str, self.benchmark.seeds))
            raise ValueError(f"seeds: expected 'mean' or one of {known}, got {self.seeds!r}")


class Collector:
    """Gathers the chosen results of one architecture after the other into a table.

    Parameters
    ----------
    choice : Choice
    source : str
        What to call the source in messages.
    """

    def __init__(self, choice: Choice, source: str) -> None:
        self.choice, self.source = choice, source
        self._texts: list[str] = []
        self._rows: list[dict[str, float]] = []
        self._trials: Counter[int] = Counter()
        self._missing: list[str] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, text: str, results: Mapping[str, Any]) -> None:
        """Add the results of one architecture.

        Parameters
        ----------
        text : str
            Its string.
        results : mapping
            As in the module's description, of the chosen number of epochs.

        Raises
        ------
        ValueError
            If the results are not what the benchmark's are.
        """
        where = f"{self.source}, architecture {text}"
        try:
            if results["arch_str"] != text:
                raise ValueError(f"{where}: the results are of {results['arch_str']}")
            seeds = results["dataset_seed"].get(self.choice.dataset, [])
            chosen = seeds if self.choice.seeds == "mean" else [self.choice.seeds]
            if not chosen or not set(chosen) <= set(seeds):
                self._missing.append(text)
                return
            trials = [
                self._trial(results["all_results"][self.choice.dataset, seed]) for seed in chosen
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{where}: no results as NAS-Bench-201 has them ({type(error).__name__}: {error})"
            ) from error
        self._texts.append(text)
        self._trials[len(trials)] += 1
        common = set(trials[0]).intersection(*trials[1:])
        self._rows.append(
            {name: float(np.mean([trial[name] for trial in trials])) for name in common}
        )

    def _trial(self, result: Mapping[str, Any]) -> dict[str, float]:
        split, last = SPLITS[self.choice.dataset], self.choice.epochs - 1
        if result["epochs"] != self.choice.epochs:
            raise ValueError(
                f"{self.source}: expected a run of {self.choice.epochs} epochs, "
                f"got one of {result['epochs']}"
            )
        accuracy = result["eval_acc1es"]
        values = {
            "validation_error": 100.0 - accuracy[f"{split.validation}@{last}"],
            "parameters": float(round(result["params"] * 1e6)),
        }
        # The first version of NAS-Bench-201 lacks some test accuracies, and times of some runs.
        if f"{split.test}@{last}" in accuracy:
            values["test_error"] = 100.0 - accuracy[f"{split.test}@{last}"]
        if result["train_times"]:
            times = result["train_times"]
            values["training_seconds"] = sum(times[epoch] for epoch in range(self.choice.epochs))
        # Known before training: floating-point operations, seconds for a batch (the official API
        # takes latencies that are not above 0 for missing ones).
        if result.get("flop"):
            values["flops"] = 1e6 * float(result["flop"])
        latency = float(np.mean(result.get("latency") or [0.0]))
        if latency > 0:
            values["latency"] = latency
        return values

    def _cells(self) -> CellArray:
        what = f"{self.source}: architectures"
        if self.choice.benchmark is TOPOLOGY:
            return as_cells(self._texts, NASBENCH201, name=what)
        space = spaces.get(self.choice.benchmark.space)
        try:
            return as_cells([space.parse(text) for text in self._texts])
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from None

    def table(self, name: str, sha256: str | None, notes: tuple[str, ...] = ()) -> Table:
        """Return what was gathered.

        Metrics that some architecture does not have are absent.

        Raises
        ------
        ValueError
            If architectures lack the chosen seed or are not of the space, or there are none.
        """
        choice, split = self.choice, SPLITS[self.choice.dataset]
        if self._missing:
            raise ValueError(
                f"{self.source}: {len(self._missing)} of {len(self._missing) + len(self._rows)} "
                f"architectures have no {choice.epochs}-epoch results on {choice.dataset} with "
                f"seeds={choice.seeds}; the first is {self._missing[0]}"
            )
        if not self._rows:
            raise ValueError(f"{self.source} has no results of any architecture")
        have = Counter(metric for row in self._rows for metric in row)
        known = (*METRICS, "flops", "latency")
        metrics = [metric for metric in known if have[metric] == len(self._rows)]
        notes = notes + tuple(
            f"{metric} is absent: only {have[metric]} of {len(self._rows)} architectures have it"
            for metric in known
            if 0 < have[metric] < len(self._rows)
        )
        counts = ", ".join(f"{n} architectures with {k}" for k, n in sorted(self._trials.items()))
        if choice.seeds == "mean":
            seeds = f"mean over all seeds an architecture has ({counts})"
        else:
            seeds = f"seed {choice.seeds} only"
        return Table(
            name=name,
            space=choice.benchmark.space,
            cells=self._cells(),
            metrics={metric: np.array([row[metric] for row in self._rows]) for metric in metrics},
            provenance=Provenance(
                dataset=choice.dataset,
                metric=f"top-1 error after the last of {choice.epochs} epochs, in percent",
                epochs=choice.epochs,
                seeds=seeds,
                source=self.source,
                sha256=sha256,
                split=split.text,
                notes=(*notes, _SAME) if split.validation == split.test else notes,
            ),
        )
