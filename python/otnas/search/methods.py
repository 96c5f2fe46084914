"""All search methods by name.

A name is that of a sequential method (``bananas``), of a kernel, which stands for Bayesian
optimisation with it (``tw-2g``), or of a batch rule, alone or with a kernel (``kdpp-quality:tw``).
Kernels joined by a slash are models that decide in turn (``tw-2g/places``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from otnas import checks
from otnas.registry import Registry
from otnas.search.base import DIRECTIONS, Search
from otnas.search.baselines.bananas import Bananas, BananasSettings
from otnas.search.baselines.evolution import Evolution, EvolutionSettings
from otnas.search.baselines.local_search import LocalSearch, LocalSearchSettings
from otnas.search.baselines.optuna import (
    OptunaGP,
    OptunaGPSettings,
    OptunaTPE,
    OptunaTPESettings,
)
from otnas.search.baselines.random_search import RandomSearch
from otnas.search.cell_search import CellSearch
from otnas.search.cells import kernels
from otnas.search.cells.domain import CellDomain
from otnas.search.cells.features import FeaturesLike, FeatureSource, KnownFeatures, Scores
from otnas.search.cells.kernels import KERNELS
from otnas.search.cells.pool import CellPool
from otnas.search.cells.prior import PriorLike, earlier_searches
from otnas.search.cells.proposals import CandidateSettings
from otnas.search.costs import CostsLike, known_costs
from otnas.search.decision.rules import RULES
from otnas.search.decision.settings import AcquisitionSettings, ModelSettings
from otnas.search.known import with_columns
from otnas.search.settings import as_identity, as_settings
from otnas.spaces import Enumerated, SearchSpace, Space
from otnas.tables import Table
from otnas_fast import CellArray
from otnas_fast.measures import MEASURES


@dataclass(frozen=True)
class Method:
    """A search method.

    Attributes
    ----------
    name, summary : str
    settings : tuple of dataclass types
        Classes of the settings of its parts; one mapping holds the fields of all.
    build : callable
        Makes a search from an instance of each class, in order, and the arguments of `Search`.
    packages : tuple of str
        Packages needed beyond NumPy and SciPy; results may depend on their versions.

    Examples
    --------
    >>> get("bananas").packages
    ('scikit-learn',)
    """

    name: str
    summary: str
    settings: tuple[type[Any], ...]
    build: Callable[..., Search[Any]]
    packages: tuple[str, ...] = ()


DEFAULT_KERNEL = "tw-2g"
DEFAULT_RULE = "kdpp-quality"
INITIAL = 20
"""Number of cells drawn uniformly first."""
INITIAL_PRIOR = 5
"""Number of cells drawn uniformly first with an earlier search, which says where to begin."""


def _check(name: str, method: object) -> None:
    if not isinstance(method, Method):
        raise TypeError(f"method: expected a Method, got {checks.shown(method)}")
    if method.name != name:
        raise ValueError(f"name: expected that of the method, {method.name!r}, got {name!r}")


_BUILT_IN = {
    method.name: method
    for method in (
        Method("random", "random search", (), RandomSearch),
        Method("evolution", "regularised evolution", (EvolutionSettings,), Evolution),
        Method(
            "bananas",
            "ensemble of networks on path encodings",
            (BananasSettings,),
            Bananas,
            ("scikit-learn",),
        ),
        Method("local-search", "local search with restarts", (LocalSearchSettings,), LocalSearch),
        Method(
            "optuna-tpe", "Optuna's Parzen estimator", (OptunaTPESettings,), OptunaTPE, ("optuna",)
        ),
        Method(
            "optuna-gp",
            "Optuna's Gaussian process",
            (OptunaGPSettings,),
            OptunaGP,
            ("optuna", "torch"),
        ),
    )
}

_ALSO = {
    "random-search": "random",
    "re": "evolution",
    "rea": "evolution",
    "regularised-evolution": "evolution",
    "regularized-evolution": "evolution",
    "tpe": "optuna-tpe",
}

METHODS: Registry[Method] = Registry("method", _check, _BUILT_IN, _ALSO)
"""Methods without kernel or rule; ``METHODS.register(name, Method(...))`` adds one."""


def names() -> tuple[str, ...]:
    """Return the names of all methods; a batch rule alone uses the default kernel.

    Examples
    --------
    >>> "tw-2g" in names(), "evolution" in names()
    (True, True)
    """
    return (*METHODS, *KERNELS, *RULES)


def get(name: str) -> Method:
    """Return a method by name: one of `names`, or ``rule:kernel``.

    With a kernel alone, the setting `acquisition` chooses single cells, and the quality k-DPP
    chooses batches. Measures joined by plus signs are a kernel too:
    ``operations-2+prefix``. Kernels joined by slashes decide in turn: ``tw-2g/places``.

    Raises
    ------
    TypeError, ValueError
        If there is none; the message has the nearest valid name.

    Examples
    --------
    >>> get("regularised-evolution").summary, get("GP-BUCB:tw-2g").settings[-1].__name__
    ('regularised evolution', 'BUCB')
    """
    if not isinstance(name, str):
        raise TypeError(f"method: expected a name, got {checks.shown(name)}")
    if name in METHODS:
        return METHODS[name]
    rule, colon, kernel = name.partition(":")
    if not colon:
        rule, kernel = (rule, DEFAULT_KERNEL) if rule in RULES else (DEFAULT_RULE, rule)
        if not ({"+", "/"} & set(kernel) or kernel in KERNELS or kernel in MEASURES):
            raise ValueError(checks.unknown(kernel, names(), "method"))
    parts = kernel.split("/")
    if rule not in RULES:
        raise ValueError(checks.unknown(rule, RULES, "batch rule"))
    kinds = [kernels.kernel(part) for part in parts]
    return Method(
        name,
        f"{RULES[rule].summary}, {' and '.join(kind.summary for kind in kinds)} kernel"
        + ("s in turn" if len(kinds) > 1 else ""),
        (ModelSettings, AcquisitionSettings, CandidateSettings, RULES[rule]),
        partial(CellSearch, kinds=kinds),
        tuple(dict.fromkeys(package for kind in kinds for package in kind.packages)),
    )


def default(space: object) -> str:
    """Return the name of the default method for a space.

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> default(NASBench201())
    'tw-full'
    """
    return "tw-full" if isinstance(space, Space) else "places"


def resolved(name: str, settings: Mapping[str, object] | None = None) -> dict[str, Any]:
    """Return all settings of a method, including defaults, as journals store them.

    Settings introduced after the first journals are included only where they are set; see
    `as_identity`.

    Raises
    ------
    TypeError, ValueError
        For an unknown method or setting, or an impossible value.

    Examples
    --------
    >>> resolved("local-search"), resolved("evolution", {"population": 30})["population"]
    ({'whole_neighbourhood': False, 'restart_draws': 1}, 30)
    """
    return as_identity(as_settings(get(name).settings, settings, name))


def make(
    name: str,
    space: SearchSpace[Any],
    *,
    seed: int | np.random.Generator | None,
    pool: CellPool | Enumerated[Any] | CellArray | Iterable[Any] | Table | None = None,
    settings: Mapping[str, object] | None = None,
    initial: int | None = None,
    direction: str = "minimise",
    costs: CostsLike | None = None,
    budget: Mapping[str, float] | None = None,
    reference: Mapping[str, float] | None = None,
    features: FeaturesLike | None = None,
    prior: PriorLike | None = None,
) -> Search[Any]:
    """Return a new search.

    Parameters
    ----------
    name : str
        One of `names`, or ``rule:kernel``.
    space : SearchSpace
    seed : int >= 0, numpy Generator or None
        Methods with equal seed, space, pool and `initial` start from the same cells.
    pool : CellPool, cells or `otnas.tables.Table`, optional
        The only cells that may be asked for. By default all cells of a space that can be
        enumerated, and any cell of one that cannot. Each cell of a table can be asked for, even if
        several have one hash, because each has its own results. Make a `CellPool` once to use it
        for many searches.
    settings : mapping, optional
        Some of the fields of the method's settings.
    initial : int >= 1, optional
        Number of cells drawn uniformly first, by default 20, or 5 with a prior; evolution draws its
        population if that is larger.
    direction : {"minimise", "maximise"}
        Whether values told are errors or accuracies.
    costs : function of an architecture, array over the pool (N,) or mapping of names to such
        Numbers known before training, such as latency; low is good. A single one is named "cost".
        Columns of a table are named: ``costs="latency"``, ``costs=["latency", "parameters"]``.
        See `Search.front`, and the objective "pareto" in `settings`.
    budget : mapping of names to numbers, optional
        Architectures of higher costs are never asked for.
    reference : mapping of names to numbers, optional
        The reference point of hypervolumes: any of "value" and the costs.
    features : function of an architecture, array over the pool (N,) or mapping of names to such
        Numbers that correlate with the value, such as training-free scores or errors after few
        epochs; methods with a Gaussian process learn how informative each of them is.
    prior : study, pair (architectures, values), list of such or mapping of names to such
        Earlier searches, for example on other data; each becomes a feature, see `EarlierSearch`.

    Raises
    ------
    TypeError, ValueError
        For unknown names (with the nearest valid one) and arguments out of range.

    Examples
    --------
    >>> from otnas.spaces import NASBench201
    >>> search = make("tw-full", NASBench201(), seed=0)
    >>> cells = search.ask(5)
    >>> search.tell(cells, [6.3, 7.1, 8.0, 6.6, float("inf")])
    >>> n_large = lambda cell: sum(op == "nor_conv_3x3" for op in cell.ops)
    >>> search = make("tw-full", NASBench201(), seed=0, costs={"large": n_large},
    ...               budget={"large": 2}, settings={"objective": "pareto"})
    >>> all(n_large(cell) <= 2 for cell in search.ask(5))
    True
    >>> earlier = search.ask(8)  # of which another data set has results
    >>> errors = [9.0 - n_large(cell) for cell in earlier]
    >>> search = make("tw-full", NASBench201(), seed=0, prior=(earlier, errors))
    >>> search.tell(search.ask(5), [30.0, 25.0, 27.0, 22.0, 28.0])
    >>> "prior" in search.model.relevances
    True
    """
    method = get(name)
    parts = as_settings(method.settings, settings, name)
    if not isinstance(space, SearchSpace):
        raise TypeError(f"space: expected a Space, got {type(space).__name__}")
    if pool is None:
        try:
            cells = space.enumerate()
        except ValueError:
            cells = None
        pool = None if cells is None else CellPool(space, cells)
    columns = None
    if isinstance(pool, Table):
        columns, pool = pool.metrics, CellPool(space, pool.cells, merge=False)
    elif pool is not None and not isinstance(pool, CellPool):
        try:
            pool = CellPool(space, pool)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"pool: {error}") from None
    if features is not None:
        features = with_columns("features", features, columns)
    known = _features(method, features, prior, space, pool, direction)
    search = method.build(
        *parts,
        domain=CellDomain(space, pool, known_costs(costs, budget, reference, pool, columns), known),
        seed=seed,
        initial=initial if initial is not None else INITIAL if prior is None else INITIAL_PRIOR,
        direction=direction,
    )
    search.identity = {"method": name, "settings": as_identity(parts)}
    search.packages = method.packages
    return search


def _features(
    method: Method,
    features: FeaturesLike | None,
    prior: PriorLike | None,
    space: SearchSpace[Any],
    pool: CellPool | None,
    direction: str,
) -> KnownFeatures | None:
    """Return the known features of architectures; None if there are none."""
    given = {"features": features, "prior": prior}
    names = [name for name, value in given.items() if value is not None]
    if names and ModelSettings not in method.settings:
        raise ValueError(
            f"{names[0]}: expected a method with a Gaussian process, got {method.name!r}, which "
            "has no use for it"
        )
    checks.choice("direction", direction, DIRECTIONS)
    sources: list[FeatureSource] = []
    if features is not None:
        sources.append(Scores(features, space, pool))
    if prior is not None:
        sources += earlier_searches(prior, space, pool, direction)
    return KnownFeatures(sources) if sources else None
