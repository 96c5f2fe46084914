"""What users declare about tables of their own: columns, meaning and tolerance."""

from __future__ import annotations

from dataclasses import dataclass

from otnas import checks

UNITS = {"percent": 1.0, "fraction": 100.0}
METRICS = ("error", "accuracy")
DUPLICATES = ("refuse", "first", "mean")
UNKNOWN = ("refuse", "skip")


@dataclass(frozen=True)
class Columns:
    """Names of the columns.

    Attributes
    ----------
    arch : str
        Architectures: NAS-Bench-201 strings, NAS-Bench-101 module hashes, what `Space.format` of
        the space writes, or JSON ``{"matrix": ..., "ops": ...}``.
    valid, test : str or None
        Validation and test results. If only one of them is given it serves as both.
    seconds, parameters : str or None
        Training time in seconds, number of parameters.

    Examples
    --------
    >>> Columns(arch="cell", valid="accuracy").of_metrics["validation_error"]
    'accuracy'
    """

    arch: str
    valid: str | None = None
    test: str | None = None
    seconds: str | None = None
    parameters: str | None = None

    @property
    def of_metrics(self) -> dict[str, str]:
        """Metric to column, for what is there."""
        columns = {
            "validation_error": self.valid or self.test,
            "test_error": self.test or self.valid,
            "training_seconds": self.seconds,
            "parameters": self.parameters,
        }
        return {metric: column for metric, column in columns.items() if column is not None}


@dataclass(frozen=True)
class Meaning:
    """What the numbers mean.

    Attributes
    ----------
    unit : {"percent", "fraction"}
    metric : {"error", "accuracy"}
    dataset, seeds, split : str
        What the provenance record says of them.
    epochs : int or None

    Examples
    --------
    >>> Meaning(unit="fraction", metric="accuracy", dataset="CIFAR-10").unit
    'fraction'
    """

    unit: str
    metric: str
    dataset: str = "not stated"
    epochs: int | None = None
    seeds: str = "not stated"
    split: str = "not stated"

    def __post_init__(self) -> None:
        checks.choice("unit", self.unit, UNITS, "unit")
        checks.choice("metric", self.metric, METRICS, "metric")
        if self.epochs is not None:
            checks.integer("epochs", self.epochs, 1)


@dataclass(frozen=True)
class Tolerance:
    """How rows with duplicate or unknown architectures are handled.

    Attributes
    ----------
    duplicates : {"refuse", "first", "mean"}
        For architectures that occur more than once: refuse the file, take the first row, or take
        the mean of all rows.
    unknown : {"refuse", "skip"}
        For architectures that are not of the space: refuse the file, or leave them out.

    Examples
    --------
    >>> Tolerance(duplicates="mean").unknown
    'refuse'
    """

    duplicates: str = "refuse"
    unknown: str = "refuse"

    def __post_init__(self) -> None:
        if self.duplicates not in DUPLICATES:
            raise ValueError(
                f"duplicates: expected 'refuse', 'first' or 'mean', got {self.duplicates!r}"
            )
        if self.unknown not in UNKNOWN:
            raise ValueError(f"unknown: expected 'refuse' or 'skip', got {self.unknown!r}")
