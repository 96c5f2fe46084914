"""Settings of all Gaussian-process methods."""

from __future__ import annotations

from dataclasses import dataclass

from otnas.search.settings import check_at_least, check_choice
from otnas.search.transforms import TRANSFORMS

LARGEST_WHOLE_POOL = 500_000
"""Cells up to which "auto" evaluates the whole pool at every ask, see `GPSettings`."""


@dataclass(frozen=True)
class GPSettings:
    """Settings of Bayesian optimisation with one kernel.

    Attributes
    ----------
    candidates : {"auto", "space", "mutation", "growing"}
        Among which cells to choose. "space": the whole pool. "mutation": `n_mutations` mutations of
        the best cells told, anew at every ask (Nguyen et al. 2021, Section 5; White et al. 2021).
        "growing": such mutations, `n_random` uniform draws, and the `n_kept` most promising
        candidates of the last ask. "auto": the whole pool where there is one of up to 500,000
        cells (NAS-Bench-101 has 423,624), else "growing"; for `path`, `edit` and `wl`, which look
        at cells one by one, of up to 50,000; "mutation" for `ot` and `gw`, which are slow.
        A whole pool takes 8 (n + m) N bytes for n observations and m pending cells up to
        N = 50,000 different cells and 4 (n + m) N above: 0.5 GB for 300 observations of
        NAS-Bench-101, 1.1 GB for the whole process (`tw-full`; `tw-2g` takes 0.65 GB).
    n_mutations : int >= 1
        100, as in the paper.
    n_parents : int >= 1
        How many of the best cells told are mutated; 10, as in the published code of White et al.
    n_random, n_kept : int >= 0
        See `candidates`; ours.
    acquisition : {"ei-lcb", "log-ei", "lcb"}
        "log-ei": log expected improvement over the lowest posterior mean of a told cell (Ament et
        al. 2023). "lcb": the lower confidence bound mu - kappa sigma (Srinivas et al. 2010).
        "ei-lcb": the two in turn, expected improvement where an even number of cells was told or is
        pending. Where the noise is large, expected improvement ends up among cells that little is
        known of, and the bound stays with good ones. (A fixed portfolio; one that learns is that of
        Hoffman et al. 2011.) Batch rules take "ei-lcb" for "log-ei".
    kappa : float >= 0
        Weight of the standard deviation in the bound; 0.6, chosen like "ei-lcb" on trials 1000 to
        1009 of NAS-Bench-101 and 1000 to 1029 of NAS-Bench-201.
    refit_every : int >= 1, optional
        Hyperparameters are refitted at an ask once this many observations are new; by default once
        there are a tenth more than at the last fit, since the first observations teach most.
    transform : {"log-winsorised", "log", "identity"}
        From errors to targets, see `otnas.search.transforms`. The paper standardises only
        ("identity").
    noise_floor : float, in (0, 0.01]
        Smallest noise variance relative to that of the targets.
    reproduce_variance_bound : bool
        The bound of the paper's published code, mu - kappa sigma^2, which is no confidence bound.
    """

    candidates: str = "auto"
    n_mutations: int = 100
    n_parents: int = 10
    n_random: int = 100
    n_kept: int = 300
    acquisition: str = "ei-lcb"
    kappa: float = 0.6
    refit_every: int | None = None
    transform: str = "log-winsorised"
    noise_floor: float = 1e-6
    reproduce_variance_bound: bool = False

    def __post_init__(self) -> None:
        check_choice(self, "candidates", ("auto", "space", "mutation", "growing"))
        check_choice(self, "acquisition", ("ei-lcb", "log-ei", "lcb"))
        check_choice(self, "transform", TRANSFORMS)
        check_at_least(self, n_mutations=1, n_parents=1, n_random=0, n_kept=0)
        check_at_least(self, kappa=0.0)
        if self.refit_every is not None:
            check_at_least(self, refit_every=1)
        if not 0.0 < self.noise_floor <= 0.01:
            raise ValueError(f"noise_floor: expected a number in (0, 0.01], got {self.noise_floor}")


@dataclass(frozen=True)
class BatchSettings(GPSettings):
    """Settings of a batch rule on a kernel: those of the kernel, and

    Attributes
    ----------
    n_promising : int >= 1, optional
        M: the rule chooses among the M candidates of best acquisition value (or the batch size, if
        that is larger), one of each group of equal cells. By default 200, where a rule has no
        other number of its own.
    """  # noqa: D400

    n_promising: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_promising is not None:
            check_at_least(self, n_promising=1)

    def promising(self, k: int) -> int:
        """Return M for a batch of k, at least k."""
        return max(k, self._default_promising(k) if self.n_promising is None else self.n_promising)

    def _default_promising(self, k: int) -> int:
        return 200

    @property
    def ranking_weight(self) -> float:
        """Weight of the standard deviation where candidates of a batch are ranked by a bound."""
        return self.kappa if self.acquisition == "lcb" else 1.0


def refit_is_due(n: int, n_fitted: int, refit_every: int | None) -> bool:
    """Tell whether n observations call for a fit, the last of which was to `n_fitted` (0: none)."""
    wait = max(1, n_fitted // 10) if refit_every is None else refit_every
    return n_fitted == 0 or n - n_fitted >= wait
