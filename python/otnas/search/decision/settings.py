"""Settings that all decisions with a Gaussian process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from otnas import checks
from otnas.search.decision.transforms import AUTO, TRANSFORMS
from otnas.search.settings import LATER


@dataclass(frozen=True)
class ModelSettings:
    """Settings of the Gaussian process.

    Attributes
    ----------
    transform : {"auto", "log-winsorised", "log", "winsorised", "identity"}
        Map of errors to targets, see `otnas.search.decision.transforms`. "auto" is "log-winsorised"
        where values are minimised and "winsorised" where they are maximised. The paper only
        standardises ("identity").
    refit_every : int >= 1, optional
        An ask refits the hyperparameters once this many observations are new; by default once there
        are a tenth more than at the last fit, since the first observations are most informative.
    noise_floor : float, in (0, 0.01]
        Smallest noise variance relative to that of the targets.

    Examples
    --------
    >>> ModelSettings(refit_every=5).transform
    'auto'
    """

    transform: str = AUTO
    refit_every: int | None = None
    noise_floor: float = 1e-6

    def __post_init__(self) -> None:
        checks.choice("transform", self.transform, (AUTO, *TRANSFORMS))
        if self.refit_every is not None:
            checks.at_least(self, refit_every=1)
        if not 0.0 < self.noise_floor <= 0.01:
            raise ValueError(f"noise_floor: expected a number in (0, 0.01], got {self.noise_floor}")

    def refit_is_due(self, n: int, n_fitted: int) -> bool:
        """Return whether n observations require a fit, if the last one was to `n_fitted`."""
        wait = max(1, n_fitted // 10) if self.refit_every is None else self.refit_every
        return n_fitted == 0 or n - n_fitted >= wait


@dataclass(frozen=True)
class AcquisitionSettings:
    """Settings of the acquisition function.

    Attributes
    ----------
    acquisition : {"ei-lcb", "log-ei", "lcb"}
        "log-ei": log expected improvement over the lowest posterior mean of a told item (Ament et
        al. 2023). "lcb": the lower confidence bound mu - kappa sigma (Srinivas et al. 2010).
        "ei-lcb": the two in turn, expected improvement when the number of items told or pending is
        even. Where the noise is large, expected improvement ends up among items of which little is
        known, while the bound stays with good ones. (This portfolio is fixed; that of Hoffman et
        al. 2011 learns.) Batch rules treat "ei-lcb" as "log-ei".
    kappa : float >= 0
        Weight of the standard deviation in the bound; 0.6, chosen like "ei-lcb" on trials 1000 to
        1009 of NAS-Bench-101 and 1000 to 1029 of NAS-Bench-201.
    reproduce_variance_bound : bool
        Use mu - kappa sigma^2 of the paper's published code, which is not a confidence bound.
    objective : {"value", "pareto"}
        "pareto" looks for the front of values and known costs instead of the best value: all
        choices are by the expected hypervolume improvement (`decision.hypervolume`), whatever
        `acquisition` says. It needs costs.
    log_costs : bool
        Whether hypervolumes are computed with logarithms of the costs.

    Examples
    --------
    >>> AcquisitionSettings(acquisition="lcb", kappa=1.0).objective
    'value'
    """

    acquisition: str = "ei-lcb"
    kappa: float = 0.6
    reproduce_variance_bound: bool = False
    objective: str = field(default="value", metadata=LATER)
    log_costs: bool = field(default=False, metadata=LATER)

    def __post_init__(self) -> None:
        checks.choice("objective", self.objective, ("value", "pareto"))
        checks.choice("acquisition", self.acquisition, ("ei-lcb", "log-ei", "lcb"))
        checks.at_least(self, kappa=0.0)
