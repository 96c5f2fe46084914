"""AnalogNAS-Bench: accuracies of all NAS-Bench-201 cells, from the package ``analog-nasbench``.

The package's data file is read; its code is not imported.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from otnas import checks
from otnas.tables.provenance import Provenance, sha256_of
from otnas.tables.readers import restricted_pickle
from otnas.tables.readers.bounded import reading, shown
from otnas.tables.table import Table
from otnas_fast import as_cells

# The file's keys are six operation codes. Position j is the NAS-Bench-201 edge EDGES[j] in reading
# order: found by rank correlation (0.991) with the official 200-epoch CIFAR-10 accuracies.
OPERATIONS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
EDGES = (0, 1, 3, 2, 4, 5)

_CLASSES = {
    ("analognasbench.data", "Architecture"): restricted_pickle.Record,
    ("analognasbench.data", "DriftMeasurement"): restricted_pickle.Record,
}

# How the networks can be run, and the file's name for their accuracy.
OBJECTIVES = {
    "baseline": "baseline_accuracy",
    "ptq": "ptq_accuracy",
    "qat": "qat_accuracy",
    "noisy": "noisy_accuracy",
    "analog": "analog_accuracy",
    # Networks whose weights have drifted on analog hardware for so many seconds.
    **{
        f"{training}_drift_{seconds}": f"{training}_drift_{seconds}"
        for training in ("baseline", "analog")
        for seconds in (60, 3600, 86400, 2592000)
    },
}

PREFIX = "analognasbench_"
"""Tables are named by this and the objective."""


def is_installed() -> bool:
    """Whether the package is installed.

    Examples
    --------
    >>> is_installed()
    True
    """
    return importlib.util.find_spec("analognasbench") is not None


def data_file() -> Path:
    """Return the data file of the installed package.

    Raises
    ------
    FileNotFoundError
        If the package is not installed; the message has the command that installs it.

    Examples
    --------
    >>> data_file().is_file()
    True
    """
    spec = importlib.util.find_spec("analognasbench")
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).with_name("data.anb")
        if path.is_file():
            return path
    raise FileNotFoundError(
        "the default table comes with the package analog-nasbench, which is not installed: "
        "pip install 'otnas[run]'"
    )


def load(
    path: Path | None = None, *, objective: str = "baseline", name: str | None = None
) -> Table:
    """Read the CIFAR-10 accuracies of all 15,625 NAS-Bench-201 cells.

    Parameters
    ----------
    path : Path, optional
        By default, the file of the installed package.
    objective : str, default "baseline"
        One of `OBJECTIVES`: digital baseline, post-training quantised, quantisation-aware, noisy or
        analog-hardware accuracy, or the accuracy of the network trained without
        (``baseline_drift``) or with (``analog_drift``) regard to analog hardware after its weights
        have drifted there for a number of seconds.
    name : str, optional
        Name of the table; by default `PREFIX` and the objective.

    Returns
    -------
    Table
        The file has one accuracy per network, which serves as validation and as test result.

    Raises
    ------
    FileNotFoundError, ValueError
        If the package or the file is missing, or the file does not have the expected form.

    Examples
    --------
    >>> table = load(objective="baseline")
    >>> len(table)
    15625
    """
    checks.choice("objective", objective, sorted(OBJECTIVES), "objective")
    path = data_file() if path is None else path
    with reading(path, "AnalogNAS-Bench file"):
        return _table(path, objective, name)


def _table(path: Path, objective: str, name: str | None) -> Table:
    records = restricted_pickle.load(path, _CLASSES)
    if not isinstance(records, dict):
        raise ValueError(f"{path}: expected a dictionary of architectures, got {shown(records)}")
    texts, accuracies = [], []
    for key, record in records.items():
        texts.append(architecture(key))
        accuracy = getattr(record, OBJECTIVES[objective])
        accuracies.append(float(getattr(accuracy, "value", accuracy)))
    if len(set(texts)) != len(texts):
        raise ValueError(f"{path} has the same architecture twice")
    error = 100.0 - np.array(accuracies)
    return Table(
        name=name or PREFIX + objective,
        space="nasbench201",
        cells=as_cells(texts),
        metrics={"validation_error": error, "test_error": error},
        provenance=Provenance(
            dataset="CIFAR-10",
            metric=f"AnalogNAS-Bench {objective} accuracy",
            epochs=None,
            seeds="one accuracy a network",
            source=path.name,
            sha256=sha256_of(path),
            notes=("no separate validation split: one accuracy serves as validation and test",),
        ),
    )


def architecture(key: tuple[int, ...]) -> str:
    """Write the file's key as a NAS-Bench-201 string.

    Raises
    ------
    ValueError
        If the key is not six codes from 0 to 4.

    Examples
    --------
    >>> architecture((4, 0, 1, 2, 3, 3))
    '|avg_pool_3x3~0|+|skip_connect~0|nor_conv_3x3~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2|'
    """
    if len(key) != len(EDGES) or not all(code in range(len(OPERATIONS)) for code in key):
        raise ValueError(f"expected six operation codes from 0 to 4 as a key, got {shown(key)}")
    op = dict(zip(EDGES, (OPERATIONS[code] for code in key), strict=True))
    return f"|{op[0]}~0|+|{op[1]}~0|{op[2]}~1|+|{op[3]}~0|{op[4]}~1|{op[5]}~2|"
