"""Operations of a search space, grouped into families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, NoReturn

from otnas_fast import _core
from otnas_fast import _validate as check

INPUT, OUTPUT = "input", "output"
INPUT_CODE, OUTPUT_CODE = _core.INPUT, _core.OUTPUT
MAX_VERTICES: int = _core.MAX_VERTICES
"""The largest number of vertices of a cell, input and output included."""
MAX_OPERATIONS, MAX_ABSENT = 128, 126
"""The largest numbers of operations of a taxonomy and of names of absent ones."""


class Taxonomy:
    """The operations of a search space and how alike they are.

    Operations of one family are ``2 * alpha`` apart in the 1-gram tree, operations of different
    families 2 apart (Nguyen et al. 2021, Section 3.1).

    Parameters
    ----------
    families : mapping of str to sequence of str
        Maps a family to the names of its operations, in a fixed order; 1 to 128 operations in all.
    alpha : float, default 0.1
        Share of an operation's depth in the tree that lies below its family, in (0, 1).
    absent : sequence of str, default ()
        Operation names that mean "no vertex here", as ``none`` in NAS-Bench-201: pruning deletes
        such vertices.
    max_layers : int, optional
        In [2, 32]: the largest number of layers a cell of the space can have, if known. Embeddings
        of spaces with a known bound always share their coordinates.
    name : str, default "custom"
        The name shown in messages.

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
            check.wrong("families", "a non-empty mapping of family to operation names", families)
        if not isinstance(name, str):
            check.wrong("name", "text", name)
        if max_layers is not None:
            max_layers = check.integer(max_layers, "max_layers", minimum=2, maximum=MAX_VERTICES)
        # Cells are checked against a taxonomy once, so it cannot be changed: see __setattr__.
        vars(self).update(
            families=MappingProxyType(
                {
                    check.text(_name("families", family), "families"): _names(
                        f"families[{family!r}]", families[family]
                    )
                    for family in families
                }
            ),
            absent=() if absent in ((), []) else _names("absent", absent),
            alpha=check.positive(alpha, "alpha"),
            max_layers=max_layers,
            name=check.text(name, "name"),
        )
        if self.alpha >= 1.0:
            raise ValueError(f"alpha: expected a number strictly between 0 and 1, got {self.alpha}")
        if len(self.operations) > MAX_OPERATIONS or len(self.absent) > MAX_ABSENT:
            raise ValueError(
                f"families, absent: expected at most {MAX_OPERATIONS} operations and {MAX_ABSENT} "
                f"absent ones, got {len(self.operations)} and {len(self.absent)}"
            )
        every = (INPUT, OUTPUT, *self.operations, *self.absent)
        repeated = sorted({op for op in every if every.count(op) > 1})
        if repeated:
            raise ValueError(
                "families, absent: expected distinct operation names, not 'input' or 'output', "
                f"got {check.shown(repeated)} again"
            )

    families: Mapping[str, tuple[str, ...]]
    absent: tuple[str, ...]
    alpha: float
    max_layers: int | None
    name: str

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Taxonomy cannot be changed ({name})")

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
    def _code_bytes(self) -> bytes:
        return bytes(self.codes.values())

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

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (
            dict(self.families),
            {key: getattr(self, key) for key in ("alpha", "absent", "max_layers", "name")},
        )


def _unpickled(families: dict[str, tuple[str, ...]], settings: dict[str, Any]) -> Taxonomy:
    return Taxonomy(families, **settings)


def check_taxonomy(value: object) -> Taxonomy:
    """Return ``value``; anything but a Taxonomy is refused."""
    if not isinstance(value, Taxonomy):
        check.wrong("taxonomy", "a Taxonomy", value)
    return value


def _name(argument: str, name: object) -> str:
    if not isinstance(name, str):
        check.wrong(argument, "names as strings", name)
    return name


def _names(argument: str, names: object) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        check.wrong(argument, "a non-empty sequence of strings", names)
    return tuple(check.text(_name(argument, name), argument) for name in names)


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
