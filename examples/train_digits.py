"""
Your own training, in parallel
==============================

Train real networks, in parallel, killed in the middle and resumed: handwritten digits::

    pip install ".[baselines]"
    python examples/train_digits.py --kill-after 15   # SIGKILL, as a crash or a power cut would be
    python examples/train_digits.py                   # goes on where it was

An architecture is a sequence of hidden layers and an activation function, trained by scikit-learn,
or by PyTorch if that is installed. Networks that are too large fail, and those that take too long
are stopped; the search learns from both.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import threading
import warnings
from collections import Counter

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from otnas import Study
from otnas.spaces import SequenceSpace
from otnas.study import Trial
from otnas_fast import Cell, Taxonomy

try:
    import torch
except ImportError:
    torch = None

# %%
# The search space: up to four hidden layers, and one of three activation functions.
LAYERS = ["dense8", "dense32", "dense128", "dense1024", "skip"]
ACTIVATIONS = ["relu", "tanh", "logistic"]
BLOCKS = Taxonomy({"dense": LAYERS[:4], "skip": ["skip"], "activation": ACTIVATIONS}, name="digits")
SPACE = SequenceSpace(BLOCKS, positions=5, choices=[LAYERS] * 4 + [ACTIVATIONS])

MAX_PARAMETERS = 1_500_000
EPOCHS = 30


# %%
# The training: a function of an architecture. It runs in a worker process, and may do anything.
def train(cell: Cell, trial: Trial) -> dict[str, float]:
    """Return the validation error in percent, and the number of parameters."""
    *layers, activation = SPACE.format(cell).split(",")
    sizes = [int(layer.removeprefix("dense")) for layer in layers if layer != "skip"]
    widths = [64, *sizes, 10]
    parameters = sum(a * b + b for a, b in itertools.pairwise(widths))
    if parameters > MAX_PARAMETERS:
        raise MemoryError(f"{parameters:,} parameters do not fit on the device")
    images, labels = load_digits(return_X_y=True)
    data = train_test_split(images / 16, labels, test_size=0.3, random_state=0, stratify=labels)
    fit = fit_scikit_learn if torch is None else fit_torch
    predicted = fit(sizes, activation, data[0], data[2], data[1], seed=trial.id)
    return {"value": 100 * float(np.mean(predicted != data[3])), "parameters": parameters}


def fit_scikit_learn(sizes, activation, images, labels, unseen, seed):  # type: ignore[no-untyped-def]
    """Train with scikit-learn and predict."""
    network = MLPClassifier(sizes, activation=activation, max_iter=EPOCHS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged: so many epochs are enough
        return network.fit(images, labels).predict(unseen)


def fit_torch(sizes, activation, images, labels, unseen, seed):  # type: ignore[no-untyped-def]
    """Train with PyTorch and predict."""
    torch.manual_seed(seed)
    function = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh, "logistic": torch.nn.Sigmoid}
    parts, width = [], 64
    for size in sizes:
        parts += [torch.nn.Linear(width, size), function[activation]()]
        width = size
    network = torch.nn.Sequential(*parts, torch.nn.Linear(width, 10))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    x, y = torch.tensor(images, dtype=torch.float32), torch.tensor(labels)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(200):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
            optimiser.step()
    with torch.no_grad():
        return network(torch.tensor(unseen, dtype=torch.float32)).argmax(dim=1).numpy()


# %%
# The study: what is tried next, and a journal that survives whatever happens to this process.
def main() -> None:
    """Run the study, or go on with it."""
    parser = argparse.ArgumentParser(description="Train networks on handwritten digits.")
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=4.0, help="seconds for a training")
    parser.add_argument("--journal", default="runs/digits.jsonl")
    parser.add_argument("--kill-after", type=float, metavar="SECONDS")
    options = parser.parse_args()
    if options.kill_after is not None:
        crash = threading.Timer(options.kill_after, os.kill, (os.getpid(), signal.SIGKILL))
        crash.daemon = True
        crash.start()
    with Study(options.journal, space=SPACE, method="tw-full", seed=0, initial=10) as study:
        study.run(
            train,
            n_trials=options.trials,
            max_running=options.workers,
            timeout=options.timeout,
        )
        print(dict(Counter(trial.state.value for trial in study.trials)))
        best = study.best
        print(f"best: {SPACE.format(best.item)}, {best.value:.2f} % wrong, trial {best.id}")


if __name__ == "__main__":  # workers load this script, too
    main()
