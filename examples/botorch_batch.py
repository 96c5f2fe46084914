"""
A k-DPP batch from a BoTorch posterior
======================================

Many good and different cells to train at once.

BoTorch builds a batch greedily, one item after another. A k-DPP draws all of it at once, with a
probability that grows with the acquisition value of each item and with how different they are.

Needs ``pip install 'otnas[gpytorch,run]'``.
"""

from __future__ import annotations

import numpy as np
import torch
from botorch.acquisition import LogExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from gpytorch.kernels import ScaleKernel
from gpytorch.mlls import ExactMarginalLogLikelihood

from otnas import tables
from otnas.integrations.gpytorch import PoolKernel, as_choices, as_inputs
from otnas_fast import embed, sample_kdpp

N_PROMISING = 200


def batch_of(gp: SingleTaskGP, best: float, choices: torch.Tensor, k: int, seed: int) -> list[int]:
    """Draw k of the most promising choices by q_i S_ij q_j, the posterior S weighted by quality."""
    with torch.no_grad():
        log_gain = LogExpectedImprovement(gp, best_f=best)(choices[:, None, :])
        promising = choices[log_gain.topk(min(N_PROMISING, len(choices))).indices]
        log_gain = LogExpectedImprovement(gp, best_f=best)(promising[:, None, :])
        covariance = gp.posterior(promising).mvn.covariance_matrix.numpy()
    std = np.sqrt(np.diag(covariance))
    quality = torch.exp(0.5 * (log_gain - log_gain.max())).numpy()
    similarity = quality[:, None] * (covariance / np.outer(std, std)) * quality
    drawn = sample_kdpp(similarity, k, rng=seed)
    return promising.ravel().long().numpy()[np.ravel(drawn)].tolist()


def main(rounds: int = 4, k: int = 5) -> float:
    """Look for the cell of highest accuracy in a benchmark; return the regret in points."""
    table = tables.load("default")
    accuracy = 100.0 - table.validation_error
    pool = embed(table.cells)
    tried = np.random.default_rng(0).choice(len(table), size=20, replace=False).tolist()
    for number in range(rounds):
        values = torch.from_numpy(accuracy[tried])[:, None]
        gp = SingleTaskGP(as_inputs(tried), values, covar_module=ScaleKernel(PoolKernel(pool)))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(gp.likelihood, gp))
        choices = as_choices(len(table), avoid=tried)
        tried += batch_of(gp, float(values.max()), choices, k, seed=number)
        print(f"{len(tried):3d} cells trained, best {accuracy[tried].max():.2f} %")
    regret = accuracy.max() - accuracy[tried].max()
    print(f"{regret:.2f} points below the best of {len(table)} cells")
    return float(regret)


if __name__ == "__main__":
    main()
