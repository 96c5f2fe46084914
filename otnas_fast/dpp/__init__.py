"""Exact sampling from determinantal point processes (DPPs) and k-DPPs.

Notation
--------
L : (n, n)
    Symmetric positive semi-definite L-ensemble over n items.
L_S
    The rows and columns S of L.
lambda
    The positive eigenvalues of L; their number is ``rank(L)``.
e_k
    Elementary symmetric polynomial: the sum of the products of all k-subsets of lambda.
K : (n, n)
    Marginal kernel of a DPP: ``P(A is in S) = det(K_A)``; ``K = L inv(I + L)``.

A k-DPP draws sets of k items with ``P(S) = det(L_S) / e_k``; a DPP draws sets of any size with
``P(S) = det(L_S) / det(I + L)``. Every draw is exact except those of the Markov chains
in `otnas_fast.dpp.mcmc`.

References
----------
.. [1] A. Kulesza and B. Taskar, "Determinantal point processes for machine learning", Foundations
   and Trends in Machine Learning 5 (2012). Algorithms 1 and 8, section 3.3.
.. [2] L. Chen, G. Zhang and E. Zhou, "Fast greedy MAP inference for determinantal point process to
   improve recommendation diversity", NeurIPS 2018. Algorithm 1.
"""

from otnas_fast.dpp.functions import (
    kdpp_log_prob,
    kdpp_marginals,
    log_elementary_symmetric,
    map_kdpp,
    sample_dpp,
    sample_kdpp,
)
from otnas_fast.dpp.kdpp import KDPP
from otnas_fast.dpp.kernel_dpp import KernelDPP
from otnas_fast.dpp.kernel_kdpp import KernelKDPP
from otnas_fast.dpp.kernels import (
    ConditionedKernel,
    EmbeddingKernel,
    FactorKernel,
    FunctionKernel,
    Kernel,
    LaplaceKernel,
    MatrixKernel,
    QualityKernel,
)
from otnas_fast.dpp.mcmc import Chains, sample_mcmc
from otnas_fast.dpp.process import DPP

__all__ = [
    "DPP",
    "KDPP",
    "Chains",
    "ConditionedKernel",
    "EmbeddingKernel",
    "FactorKernel",
    "FunctionKernel",
    "Kernel",
    "KernelDPP",
    "KernelKDPP",
    "LaplaceKernel",
    "MatrixKernel",
    "QualityKernel",
    "kdpp_log_prob",
    "kdpp_marginals",
    "log_elementary_symmetric",
    "map_kdpp",
    "sample_dpp",
    "sample_kdpp",
    "sample_mcmc",
]
