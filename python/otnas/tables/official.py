"""The official APIs, answered by tables: change the import and keep the script.

    from nasbench import api                     from otnas.tables import official as api
    from nas_201_api import NASBench201API       from otnas.tables.official import NASBench201API

Accuracies are fractions in NAS-Bench-101 and percent in NAS-Bench-201, as in the official APIs.
There are three differences. A table has one result per architecture, the mean of all training runs
or one of them, as chosen at import, whereas the official APIs draw one run at random. Results are
those after the last epoch. What tables do not keep (losses, training accuracies, evaluation times)
is missing from the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from otnas import checks, identities
from otnas.tables.table import Table
from otnas_fast import Cell

__all__ = ["ModelSpec", "NASBench", "NASBench201API", "OutOfDomainError"]


class OutOfDomainError(Exception):
    """The cell is not in NAS-Bench-101; the official package has an error of the same name."""


@dataclass(frozen=True)
class ModelSpec:
    """A cell in the form that scripts for NAS-Bench-101 use.

    Attributes
    ----------
    matrix : array_like, shape (v, v)
    ops : list of str, length v

    Examples
    --------
    >>> ModelSpec([[0, 1], [0, 0]], ["input", "output"]).ops
    ['input', 'output']
    """

    matrix: Any
    ops: Any


class NASBench:
    """The interface of ``nasbench.api.NASBench`` on a table.

    Parameters
    ----------
    table : Table
        A table of the space ``nasbench101``, such as ``tables.load("nasbench")``.

    Examples
    --------
    >>> import numpy as np
    >>> from otnas.tables import Provenance, Table
    >>> from otnas_fast import as_cells
    >>> cell = ModelSpec([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3-bn-relu", "output"])
    >>> where = Provenance("made up", "error in percent", 108, "mean", "this example", None)
    >>> errors = {"validation_error": np.array([6.25])}
    >>> nasbench = NASBench(Table("one", "nasbench101", as_cells([cell]), errors, where))
    >>> nasbench.query(cell)["validation_accuracy"]
    0.9375
    """

    def __init__(self, table: Table) -> None:
        self.table = _of_space(table, "nasbench101")
        self.valid_epochs = {table.provenance.epochs}
        self.reset_budget_counters()

    def query(
        self, model_spec: Any, epochs: int | None = None, stop_halfway: bool = False
    ) -> dict[str, Any]:
        """Return the results of a cell, and add its training to the budget counters.

        Raises
        ------
        OutOfDomainError
            If the cell is not in the table.
        ValueError
            If `epochs` differs from the table's, or `stop_halfway` is true.
        """
        if stop_halfway:
            raise ValueError("stop_halfway: expected False (tables have the last epoch), got True")
        fixed, computed = self.get_metrics_from_spec(model_spec)
        known = next(iter(computed))
        if epochs is not None and epochs != known:
            raise ValueError(f"epochs: expected {known}, which the table has, got {epochs}")
        run = computed[known][0]
        self._seconds += run.get("final_training_time", 0.0)
        self._epochs += known or 0
        return fixed | {name.removeprefix("final_"): value for name, value in run.items()}

    def get_metrics_from_spec(self, model_spec: Any) -> tuple[dict[str, Any], dict[Any, Any]]:
        """Return what is known without training, and the runs by epochs: a single run here."""
        try:
            row = int(self.table.rows([model_spec])[0])
        except (KeyError, ValueError) as error:
            raise OutOfDomainError(error.args[0]) from None
        return self._metrics(row)

    def get_metrics_from_hash(self, module_hash: str) -> tuple[dict[str, Any], dict[Any, Any]]:
        """Return the same for an official hash; raise KeyError if there is no such cell."""
        return self._metrics(int(self.table.rows_of_hashes([module_hash])[0]))

    def is_valid(self, model_spec: Any) -> bool:
        """Whether a cell is in the table."""
        try:
            self.get_metrics_from_spec(model_spec)
        except OutOfDomainError:
            return False
        return True

    def hash_iterator(self) -> Iterator[str]:
        """Return all official hashes."""
        return (identities.to_hex(key) for key in self.table.keys)

    def get_budget_counters(self) -> tuple[float, int]:
        """Return the training time in seconds and the epochs of all queries so far."""
        return self._seconds, self._epochs

    def reset_budget_counters(self) -> None:
        """Count from 0 again."""
        self._seconds, self._epochs = 0.0, 0

    def _metrics(self, row: int) -> tuple[dict[str, Any], dict[Any, Any]]:
        entry = self.table.entry(row)
        found, run = entry.metrics, {}
        fixed = {"module_adjacency": entry.cell.matrix, "module_operations": list(entry.cell.ops)}
        if "parameters" in found:
            fixed["trainable_parameters"] = int(found["parameters"])
        for ours, theirs in (("validation_error", "validation"), ("test_error", "test")):
            if ours in found:
                run[f"final_{theirs}_accuracy"] = 1.0 - found[ours] / 100.0
        if "training_seconds" in found:
            run["final_training_time"] = found["training_seconds"]
        return fixed, {self.table.provenance.epochs: [run]}


class NASBench201API:
    """The interface of ``NASBench201API`` and ``nats_bench.create``'s topology object on tables.

    Parameters
    ----------
    *tables : Table
        Tables of the space ``nasbench201``, one for each data set and number of epochs (``hp``)
        that the script asks for, such as ``tables.load("nasbench201_cifar10-valid")``. All must
        have the same architectures in the same order. Indices are rows; in tables imported in full
        these are the official indices.

    Raises
    ------
    TypeError, ValueError
        If the tables are not as described.

    Examples
    --------
    >>> from otnas import tables
    >>> api = NASBench201API(tables.load("default"))
    >>> api.query_index_by_arch(api[77])
    77
    """

    def __init__(self, *tables: Table) -> None:
        if not tables:
            raise ValueError("tables: expected at least one, got none")
        self._tables: dict[tuple[str, int | None], Table] = {}
        for table in tables:
            _of_space(table, "nasbench201")
            if not np.array_equal(table.keys, tables[0].keys):
                raise ValueError(
                    f"tables: expected the same architectures as in {tables[0].name}, got others "
                    f"in {table.name}"
                )
            self._tables[table.provenance.dataset, table.provenance.epochs] = table
        self._first = tables[0]
        self.reset_time()

    def __len__(self) -> int:
        return len(self._first)

    def __getitem__(self, index: int) -> str:
        return self._first.text(index)

    def arch(self, index: int) -> str:
        """Return an architecture as a string."""
        return self[index]

    def query_index_by_arch(self, arch: Any) -> int:
        """Return the index of a string, `Cell` or object with ``tostr``; -1 if there is none."""
        if isinstance(arch, (int, np.integer)):
            if not 0 <= arch < len(self):
                raise ValueError(f"arch: expected an index in [0, {len(self)}), got {arch}")
            return int(arch)
        cell = arch.tostr() if hasattr(arch, "tostr") else arch
        try:
            return int(self._first.rows([cell])[0])
        except (KeyError, ValueError, TypeError):
            return -1

    def get_more_info(
        self,
        index: Any,
        dataset: str,
        iepoch: int | None = None,
        hp: str | int = "12",
        is_random: bool | int = True,
    ) -> dict[str, float]:
        """Return accuracies in percent and training times in seconds; `is_random` has no effect.

        Raises
        ------
        ValueError
            If no table has the architecture, data set, number of epochs or epoch.
        """
        row, table = self._row(index), self._table(dataset, hp)
        epochs = table.provenance.epochs or 1
        if iepoch is not None and iepoch != epochs - 1:
            raise ValueError(f"iepoch: expected {epochs - 1}, the last, or None, got {iepoch}")
        info: dict[str, float] = {}
        if "training_seconds" in table.metrics:
            seconds = float(table.metric("training_seconds")[row])
            info |= {"train-all-time": seconds, "train-per-time": seconds / epochs}
        # cifar10 has no validation images: its table shows test results for both.
        if dataset != "cifar10":
            info["valid-accuracy"] = 100.0 - float(table.validation_error[row])
        if "test_error" in table.metrics:
            info["test-accuracy"] = 100.0 - float(table.metric("test_error")[row])
        return info

    def get_cost_info(self, index: Any, dataset: str, hp: str | int = "12") -> dict[str, float]:
        """Return ``params`` and ``flops`` in millions and ``latency`` in seconds, where known."""
        row, table = self._row(index), self._table(dataset, hp)
        known = (
            ("params", "parameters", 1e-6),
            ("flops", "flops", 1e-6),
            ("latency",) * 2 + (1.0,),
        )
        return {
            theirs: float(table.metrics[ours][row]) * unit
            for theirs, ours, unit in known
            if ours in table.metrics
        }

    def get_latency(self, index: Any, dataset: str, hp: str | int = "12") -> float:
        """Return the latency in seconds; raise KeyError if the table has none."""
        return self.get_cost_info(index, dataset, hp)["latency"]

    def query_by_index(
        self, arch_index: int, dataname: str, hp: str | int = "12"
    ) -> dict[str, dict[str, float]]:
        """Return a dictionary of one result; its key says how the table's runs were combined."""
        seeds = self._table(dataname, hp).provenance.seeds
        return {seeds: self.get_more_info(arch_index, dataname, hp=hp)}

    def query_by_arch(self, arch: Any, hp: str | int = "12") -> str:
        """Return what is known about an architecture as text, like `query_info_str_by_arch`."""
        row = self._row(arch)
        lines = [self[row]]
        for dataset, epochs in self._tables:
            if epochs == int(hp):
                info = self.get_more_info(row, dataset, hp=hp)
                lines.append(f"{dataset}: " + ", ".join(f"{k} {v:.2f}" for k, v in info.items()))
        return "\n".join(lines)

    query_info_str_by_arch = query_by_arch

    def simulate_train_eval(
        self,
        arch: Any,
        dataset: str,
        iepoch: int | None = None,
        hp: str | int = "12",
        account_time: bool = True,
    ) -> tuple[float, float | None, float, float]:
        """Return validation accuracy, latency, training time, and the time of all calls so far.

        The official API also adds the time of one evaluation, which tables do not have.
        """
        dataset = "cifar10-valid" if dataset == "cifar10" else dataset
        info = self.get_more_info(arch, dataset, iepoch, hp)
        seconds = info.get("train-all-time", 0.0)
        if account_time:
            self._used_time += seconds
        latency = self.get_cost_info(arch, dataset, hp).get("latency")
        return info["valid-accuracy"], latency, seconds, self._used_time

    def find_best(
        self,
        dataset: str,
        metric_on_set: str,
        flop_max: float | None = None,
        param_max: float | None = None,
        hp: str | int = "12",
    ) -> tuple[int, float]:
        """Return the index and accuracy of the best architecture within limits in millions.

        Parameters
        ----------
        dataset, hp
            Those of one of the tables.
        metric_on_set : {"x-valid", "valid", "x-test", "ori-test", "test"}
        flop_max, param_max : float, optional

        Raises
        ------
        KeyError, ValueError
            If the table lacks what is asked for, or no architecture is within the limits.
        """
        checks.choice(
            "metric_on_set", metric_on_set, ("x-valid", "valid", "x-test", "ori-test", "test")
        )
        table = self._table(dataset, hp)
        errors = table.metric("validation_error" if "valid" in metric_on_set else "test_error")
        allowed: npt.NDArray[np.bool_] = np.ones(len(table), dtype=bool)
        for limit, metric in ((flop_max, "flops"), (param_max, "parameters")):
            if limit is not None:
                allowed &= table.metric(metric) <= 1e6 * limit
        if not allowed.any():
            raise ValueError(
                "flop_max, param_max: expected limits that some architecture keeps, got "
                f"{flop_max}, {param_max}"
            )
        best = int(np.where(allowed, errors, np.inf).argmin())
        return best, 100.0 - float(errors[best])

    @property
    def used_time(self) -> float:
        """Training time of all simulated trainings so far, in seconds."""
        return self._used_time

    def reset_time(self) -> None:
        """Count from 0 again."""
        self._used_time = 0.0

    def random(self, rng: np.random.Generator | int | None = None) -> int:
        """Return the index of a random architecture."""
        return int(np.random.default_rng(rng).integers(len(self)))

    def _row(self, arch: Any) -> int:
        row = self.query_index_by_arch(arch)
        if row < 0:
            shown = arch.to_nasbench201() if isinstance(arch, Cell) else arch
            raise ValueError(f"arch: expected one of NAS-Bench-201, got {checks.shown(shown)}")
        return row

    def _table(self, dataset: str, hp: str | int) -> Table:
        table = self._tables.get((dataset, int(hp)))
        if table is None:
            have = ", ".join(f"{name} hp={epochs}" for name, epochs in self._tables)
            raise ValueError(f"dataset, hp: expected one of {have}, got {dataset} hp={hp}")
        return table


def _of_space(table: object, space: str) -> Table:
    if not isinstance(table, Table):
        raise TypeError(f"table: expected a Table, got {type(table).__name__}")
    if table.space != space:
        raise ValueError(f"table: expected one of {space}, got {table.name} of {table.space}")
    return table
