"""Random generators from seeds, and their state as JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np

from otnas import checks


def two_streams(
    seed: int | np.random.Generator | None,
) -> tuple[np.random.Generator, np.random.Generator]:
    """Return two independent generators.

    Parameters
    ----------
    seed : int >= 0, numpy Generator or None
        From a Generator, two numbers are drawn; None takes a seed from the operating system.

    Raises
    ------
    TypeError, ValueError
        If `seed` is something else.
    """
    if isinstance(seed, np.random.Generator):
        sequence = np.random.SeedSequence(seed.integers(2**63, size=2).tolist())
    else:
        sequence = np.random.SeedSequence(None if seed is None else checks.integer("seed", seed, 0))
    first, second = sequence.spawn(2)
    return np.random.default_rng(first), np.random.default_rng(second)


def to_json(rng: np.random.Generator) -> dict[str, Any]:
    """Return the state of a generator made by `numpy.random.default_rng`."""
    return dict(rng.bit_generator.state)


def from_json(rng: np.random.Generator, state: dict[str, Any]) -> None:
    """Set the state of a generator.

    Raises
    ------
    ValueError
        If it is the state of another kind of generator.
    """
    try:
        rng.bit_generator.state = state
    except (TypeError, KeyError, OverflowError) as error:
        raise ValueError(f"expected the state of a random generator: {error}") from None
