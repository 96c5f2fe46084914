"""How well the best cells of a table can be told from all the others by their structure.

    python benchmarks/predictability.py nb101 --below 7.5

Gradient boosting (scikit-learn) on the coordinates of the embedding `tw-full` learns the logarithms
of the validation errors of three quarters of the cells and predicts those of the fourth, in turn
for each quarter: far more than any search ever knows. A cell whose place by prediction is r, a
search with such a model would try after about r others. Not a search: it reads the whole table.

Takes 12 bytes a cell and coordinate, 1 GB for the 61,408 cells of NAS-Bench-101 below 7.5 %.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import KFold, cross_val_predict

from otnas import tables
from otnas_fast import embed

FEATURES = "tw-full"
# Columns that fewer of the cells differ in tell nothing that could be learned.
LEAST_SHARE = 0.02
LEAST_CELLS = 100


def main() -> None:
    """Print the best cells with what is predicted of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table")
    parser.add_argument(
        "--below", type=float, default=np.inf, help="leave out worse cells, percent"
    )
    parser.add_argument("--show", type=int, default=10, help="how many of the best cells")
    arguments = parser.parse_args()
    table = tables.load(arguments.table)
    error = table.metrics["validation_error"]
    kept = np.flatnonzero(error < arguments.below)
    if kept.size < LEAST_CELLS:
        parser.error(f"--below: expected at least {LEAST_CELLS} cells below it, got {kept.size}")
    error = error[kept]
    features = embed(table.cells[kept], measures=FEATURES).to_array().astype(np.float32)
    common = np.mean(features != np.median(features, axis=0), axis=0) >= LEAST_SHARE
    model = HistGradientBoostingRegressor(
        max_iter=300, learning_rate=0.1, max_leaf_nodes=63, early_stopping=False, random_state=0
    )
    folds = KFold(4, shuffle=True, random_state=0)
    predicted = np.exp(cross_val_predict(model, features[:, common], np.log(error), cv=folds))
    place_predicted = 1 + np.argsort(np.argsort(predicted))
    residual = np.std(error - predicted)
    print(f"{kept.size:,} cells, {common.sum()} coordinates, residuals {residual:.3f} points")
    print(" place    error  predicted  place by prediction")
    for place, i in enumerate(np.argsort(error)[: arguments.show], start=1):
        print(f"{place:6d} {error[i]:8.3f} {predicted[i]:10.3f} {place_predicted[i]:20,d}")


if __name__ == "__main__":
    main()
