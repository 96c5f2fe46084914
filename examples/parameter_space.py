"""
Your own space: parameters
==========================

Search spaces of parameters: widths, depths, operations, and layers that may be absent.
Run it with ``python examples/parameter_space.py``. Configurations are plain dictionaries.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from otnas import PoolSearch
from otnas.spaces import (
    Categorical,
    Configuration,
    Floats,
    Integers,
    Ordered,
    Parameter,
    ParameterSpace,
    sequence_of,
)
from otnas_fast import Embedding

# %%
# A small network: one to four convolutions, a width, and a head that may have a dropout rate.
#
# A sequence of varying length cannot be written in two ways, and the rate is there only with the
# head that has one. The condition on the whole configuration comes last.
CONVOLUTIONS = {"small": ["conv3", "dil3"], "large": ["conv5", "dil5"]}


def small_enough(c: Configuration) -> bool:
    """Tell whether the network is cheap enough."""
    depth, width = c["layer.length"], c["width"]
    return isinstance(depth, int) and isinstance(width, int) and depth * width <= 96


NETWORK = ParameterSpace(
    {
        "width": Ordered([16, 32, 64], scale="log"),
        **sequence_of("layer", CONVOLUTIONS, (1, 4)),
        "head": Categorical(["linear", "mlp"]),
        "rate": Floats(0.0, 0.5, points=6, when={"head": "mlp"}),
        "units": Integers(64, 256, step=64, when={"head": "mlp"}),
    },
    valid=small_enough,
    name="network",
)

# %%
# The DARTS search space: in each cell, four nodes that add up two operations on two nodes before
# them. (``otnas.spaces.get("darts")`` has more: its text, its graphs, and what is the same up to
# the numbering of the nodes.)
OPERATIONS = {
    "pool": ["max_pool_3x3", "avg_pool_3x3"],
    "conv": ["sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"],
    "skip": ["skip_connect"],
}


def darts() -> ParameterSpace:
    """Return the space of the 1.08e18 genotypes."""
    parameters: dict[str, Parameter] = {}
    for cell in ("normal", "reduce"):
        for node in range(2, 6):
            pairs = [f"{i} {j}" for i, j in combinations(range(node), 2)]
            parameters[f"{cell}.{node}.from"] = Categorical(pairs)
            for side in ("left", "right"):
                parameters[f"{cell}.{node}.{side}"] = Categorical(OPERATIONS)
    return ParameterSpace(parameters, name="darts-like")


def pretended_error(c: Configuration) -> float:
    """Stand in for a training: in percent, lower is better."""
    layers = [value for name, value in c.items() if name.startswith("layer.")]
    rate = c.get("rate", 0.3)
    assert isinstance(rate, float)  # for the type checker
    return 10.0 - layers.count("conv5") - 0.5 * layers.count("dil3") + abs(rate - 0.2)


def main() -> None:
    """Show both spaces, and search the first."""
    rng = np.random.default_rng(0)
    for space in (NETWORK, darts()):
        configuration = space.random(rng)
        print(f"{space.name}: {space.size:.4g} configurations before any condition on the whole")
        print(f"  one of them   {space.format(configuration)}")
        print(f"  a mutation    {space.format(space.mutate(configuration, rng))}")
        print(f"  neighbours    {len(space.neighbours(configuration))}")

    everything = NETWORK.enumerate()
    search = PoolSearch(gram=Embedding(NETWORK.places(everything)), seed=0)
    for _ in range(12):
        items = search.ask(4)
        search.tell(items, [pretended_error(everything[item]) for item in items])
    best = min(map(pretended_error, everything))
    item, error = search.best
    print(
        f"{len(everything)} valid networks; after 48 trainings {error:.2f}, the best is {best:.2f}"
    )
    print(f"  {NETWORK.format(everything[item])}")


if __name__ == "__main__":
    main()
