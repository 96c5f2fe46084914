"""Settings of experiments."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from otnas.tables import Table


@dataclass(frozen=True)
class BatchSettings:
    """Settings of a batch search; those of the paper's batch experiments where it has them.

    Attributes
    ----------
    queries : int
        Architectures trained in all.
    initial : int
        Random ones at the start.
    batch_size : int
        Architectures asked for at a time after that.
    promising : int
        M: the k-DPP draws from the M cells of lowest confidence bound.
    ngram : int
        1 or 2: trees of single operations, or of pairs too.
    refit_batches : int
        Hyperparameters are refitted every so many batches.
    """

    queries: int = 300
    initial: int = 50
    batch_size: int = 5
    promising: int = 50
    ngram: int = 2
    refit_batches: int = 5

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if self.ngram > 2:
            raise ValueError(f"ngram must be 1 or 2, got {self.ngram}")
        if self.initial > self.queries:
            raise ValueError(
                f"initial must be at most queries ({self.queries}), got {self.initial}"
            )

    def check_fits(self, table: Table) -> None:
        """Raise a ValueError if the table has fewer cells than there are queries."""
        if self.queries > len(table):
            raise ValueError(
                f"queries must be at most the {len(table)} cells of {table.name}, "
                f"got {self.queries}"
            )
