"""All search methods by name.

A name is that of a sequential method (``bananas``), that of a kernel, which stands for Bayesian
optimisation with it (``tw-2g``), or a batch rule, alone or on a kernel (``kdpp-quality:tw``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from otnas.search import kernels
from otnas.search.bananas import Bananas, BananasSettings
from otnas.search.base import Search
from otnas.search.bayesian import BayesianSearch
from otnas.search.cell_pool import CellPool
from otnas.search.evolution import Evolution, EvolutionSettings
from otnas.search.kernels import KERNELS
from otnas.search.local_search import LocalSearch, LocalSearchSettings
from otnas.search.optuna import OptunaGP, OptunaGPSettings, OptunaTPE, OptunaTPESettings
from otnas.search.random_search import RandomSearch, RandomSettings
from otnas.search.rules import RULES
from otnas.search.settings import as_settings, unknown
from otnas.spaces import Space, SpaceCells
from otnas_fast import Architecture, CellArray
from otnas_fast.measures import MEASURES


@dataclass(frozen=True)
class Method:
    """A method of search.

    Attributes
    ----------
    name, summary : str
    settings : type
        Of its settings, a dataclass.
    build : callable
        Makes a search from settings and the arguments of `Search`.
    packages : tuple of str
        What must be installed beyond NumPy and SciPy; results may depend on its versions.
    """

    name: str
    summary: str
    settings: type[Any]
    build: Callable[..., Search]
    packages: tuple[str, ...] = ()


DEFAULT_KERNEL = "tw-2g"
DEFAULT_RULE = "kdpp-quality"

_SIMPLE = {
    method.name: method
    for method in (
        Method("random", "random search", RandomSettings, lambda _, **rest: RandomSearch(**rest)),
        Method("evolution", "regularised evolution", EvolutionSettings, Evolution),
        Method(
            "bananas",
            "ensemble of networks on path encodings",
            BananasSettings,
            Bananas,
            ("scikit-learn",),
        ),
        Method("local-search", "local search with restarts", LocalSearchSettings, LocalSearch),
        Method(
            "optuna-tpe", "Optuna's Parzen estimator", OptunaTPESettings, OptunaTPE, ("optuna",)
        ),
        Method(
            "optuna-gp",
            "Optuna's Gaussian process",
            OptunaGPSettings,
            OptunaGP,
            ("optuna", "torch"),
        ),
    )
}


def names() -> tuple[str, ...]:
    """Names of all methods; a batch rule stands for itself on the default kernel."""
    return (*_SIMPLE, *KERNELS, *RULES)


def get(name: str) -> Method:
    """Return a method by name: one of `names`, or ``rule:kernel``.

    A kernel alone chooses by the setting `acquisition`, and in quality k-DPP batches where more
    than one cell is asked for. Measures joined by plus signs are a kernel too:
    ``operations-2+prefix``.

    Raises
    ------
    ValueError
        If there is none; the message has the nearest valid name.
    """
    if name in _SIMPLE:
        return _SIMPLE[name]
    rule, colon, kernel = str(name).partition(":")
    if not colon:
        rule, kernel = (rule, DEFAULT_KERNEL) if rule in RULES else (DEFAULT_RULE, rule)
        if "+" not in kernel and kernel not in (*KERNELS, *MEASURES):
            raise ValueError(unknown(kernel, names(), "method"))
    if rule not in RULES:
        raise ValueError(unknown(rule, RULES, "batch rule"))
    kind = kernels.kernel(kernel)
    return Method(
        name,
        f"{RULES[rule].summary}, {kind.summary} kernel",
        RULES[rule].settings,
        partial(BayesianSearch, kind=kind, rule=RULES[rule]),
        kind.packages,
    )


def make(
    name: str,
    space: Space,
    *,
    seed: int,
    pool: CellPool | SpaceCells | CellArray | Iterable[Architecture] | None = None,
    settings: Mapping[str, object] | object | None = None,
    initial: int = 20,
) -> Search:
    """Return a new search.

    Parameters
    ----------
    name : str
        One of `names`, or ``rule:kernel``.
    space : Space
    seed : int >= 0
        Methods of equal seed, space, pool and `initial` start from the same cells.
    pool : CellPool or cells, optional
        The only cells that may be asked for, such as a table's. By default all cells of a space
        that can be enumerated; any cell of one that cannot. Make a `CellPool` once to use it for
        many searches.
    settings : dataclass of the method, or mapping of some of its fields, optional
    initial : int >= 1
        Cells drawn uniformly first; evolution draws its population if that is larger.

    Raises
    ------
    TypeError, ValueError
        For unknown names (with the nearest valid one) and arguments out of range.
    """
    method = get(name)
    chosen = as_settings(method.settings, settings, name)
    if pool is None:
        try:
            cells = space.enumerate()
        except ValueError:
            cells = None
        pool = None if cells is None else CellPool(space, cells)
    elif not isinstance(pool, CellPool):
        pool = CellPool(space, pool)
    return method.build(chosen, space=space, seed=seed, pool=pool, initial=initial)
