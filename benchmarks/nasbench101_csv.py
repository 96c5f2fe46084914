"""From accuracies of NAS-Bench-101 in the order of module hashes to a CSV file for `otnas table`.

    python benchmarks/nasbench101_csv.py ACCURACIES.npz nasbench101.csv
    otnas table import csv nasbench101.csv --space nasbench101 --arch hash --test error \\
        --unit percent --metric error --epochs 108 --seeds "mean of 3" --name nb101

ACCURACIES.npz holds ``accuracy_x29952``, 423,624 integers: the mean over three repeats of the test
accuracy after 108 epochs times 29952, for the cell with the i-th smallest official hash.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from otnas.spaces import NASBench101

SCALE = 29952


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("accuracies", type=Path)
    parser.add_argument("csv", type=Path)
    arguments = parser.parse_args()
    with np.load(arguments.accuracies) as file:
        accuracy = file["accuracy_x29952"].astype(np.float64)
    hashes = sorted(row.tobytes().hex() for row in NASBench101().enumerate().digests)
    if len(hashes) != accuracy.size:
        parser.error(f"expected {len(hashes)} accuracies, got {accuracy.size}")
    errors = 100.0 - 100.0 * accuracy / SCALE
    with arguments.csv.open("w", encoding="utf-8") as out:
        out.write("hash,error\n")
        out.writelines(f"{h},{e:.17g}\n" for h, e in zip(hashes, errors.tolist(), strict=True))


if __name__ == "__main__":
    main()
