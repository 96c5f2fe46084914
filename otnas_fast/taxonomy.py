"""Operations of a search space, grouped into families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from otnas_fast import _core
from otnas_fast._validate import positive

INPUT, OUTPUT = "input", "output"


class Taxonomy:
    """The operations of a search space and how alike they are.

    Operations of one family are ``2 * alpha`` apart in the 1-gram tree, operations of different
    families 2 apart (Nguyen et al. 2021, Section 3.1).

    Parameters
    ----------
    families : mapping of str to sequence of str
        Family name to the names of its operations, in a fixed order; 1 to 128 operations in all.
    alpha : float, default 0.1
        Share of an operation's depth in the tree that lies below its family, in (0, 1).
    absent : sequence of str, default ()
        Operation names that mean "no vertex here", as ``none`` in NAS-Bench-201: pruning deletes
        such vertices.
    max_layers : int, optional
        The largest number of layers a cell of the space can have, if known. Embeddings of spaces
        with a known bound always share their coordinates.
    name : str, default "custom"
        Shown in messages.

    Raises
    ------
    TypeError, ValueError
        For empty families, repeated names, reserved names (``input``, ``output``) or an alpha
        outside (0, 1).

    Examples
    --------
    >>> Taxonomy({"conv": ["conv3", "conv5"], "pool": ["max", "avg"]}, alpha=0.2)
    Taxonomy('custom', conv: conv3 conv5, pool: max avg; alpha=0.2)
    """

    def __init__(
        self,
        families: Mapping[str, Sequence[str]],
        *,
        alpha: float = 0.1,
        absent: Sequence[str] = (),
        max_layers: int | None = None,
        name: str = "custom",
    ) -> None:
        if not isinstance(families, Mapping) or not families:
            raise TypeError("families must be a non-empty mapping of family to operation names")
        self.families = {
            family: _names(f"families[{family!r}]", families[family]) for family in families
        }
        self.absent = _names("absent", absent) if absent else ()
        self.alpha = positive(alpha, "alpha")
        self.max_layers = max_layers
        self.name = name
        if self.alpha >= 1.0:
            raise ValueError(f"alpha must lie strictly between 0 and 1, got {self.alpha}")
        every = (INPUT, OUTPUT, *self.operations, *self.absent)
        repeated = sorted({op for op in every if every.count(op) > 1})
        if repeated:
            raise ValueError(
                f"operation names must be distinct and not 'input' or 'output', got {repeated}"
            )
        if len(self.operations) > 128 or len(self.absent) > 126:
            raise ValueError("a taxonomy holds at most 128 operations and 126 absent ones")

    @cached_property
    def operations(self) -> tuple[str, ...]:
        """All operation names; an operation's code is its position here."""
        return tuple(op for ops in self.families.values() for op in ops)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Code of every name a cell may carry: operations, absent ones, input and output."""
        codes = {op: code for code, op in enumerate(self.operations)}
        codes |= {op: _core.FIRST_ABSENT + i for i, op in enumerate(self.absent)}
        return codes | {INPUT: _core.INPUT, OUTPUT: _core.OUTPUT}

    @cached_property
    def names(self) -> dict[int, str]:
        """The inverse of `codes`."""
        return {code: name for name, code in self.codes.items()}

    @cached_property
    def _compiled(self) -> _core.Taxonomy:
        family_of = [i for i, ops in enumerate(self.families.values()) for _ in ops]
        return _core.Taxonomy(list(self.operations), family_of, self.alpha, list(self.absent))

    @property
    def _key(self) -> tuple[object, ...]:
        return tuple(self.families.items()), self.alpha, self.absent, self.max_layers

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Taxonomy) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        families = ", ".join(f"{family}: {' '.join(ops)}" for family, ops in self.families.items())
        return f"Taxonomy({self.name!r}, {families}; alpha={self.alpha:g})"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("_compiled", None)  # rebuilt on demand
        return state


def _names(argument: str, names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names) or not names:
        raise TypeError(f"{argument} must be a non-empty sequence of strings, got {names!r}")
    return tuple(names)


NASBENCH101 = Taxonomy(
    {"conv": ("conv3x3-bn-relu", "conv1x1-bn-relu"), "pool": ("maxpool3x3",)},
    max_layers=7,
    name="nasbench101",
)
NASBENCH201 = Taxonomy(
    {
        "conv": ("nor_conv_3x3", "nor_conv_1x1"),
        "pool": ("avg_pool_3x3",),
        "skip": ("skip_connect",),
    },
    absent=("none",),
    max_layers=5,
    name="nasbench201",
)
BUILT_IN = (NASBENCH101, NASBENCH201)
