"""scikit-learn's own expectations of kernels and estimators."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6", reason="needs scikit-learn 1.6")

from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import validate_data

from otnas.integrations.sklearn import (
    ArchitectureRegressor,
    ArchitectureVectors,
    GramRows,
    TreeWassersteinKernel,
)
from otnas.spaces import Categorical, Integers, NASBench201, ParameterSpace
from otnas_fast import Embedding, distances, embed, gram

CELLS = list(NASBench201().enumerate().cells[::400])
DEPTH = np.array([float(len(cell.prune())) for cell in CELLS])
STRINGS = [cell.to_nasbench201() for cell in CELLS]
SPACE = ParameterSpace(
    {
        "depth": Integers(1, 5),
        "head": Categorical(["linear", "mlp"]),
        "width": Integers(1, 4, when={"head": "mlp"}),
    }
)
CONFIGURATIONS = list(SPACE.enumerate())
SCALES = np.array([0.7, 1.3, 2.0])


def kernels():
    yield "one scale", TreeWassersteinKernel(0.8), CELLS
    yield "one a block", TreeWassersteinKernel(SCALES), CELLS
    yield "fixed", TreeWassersteinKernel(0.8, "fixed"), CELLS
    yield "paths", TreeWassersteinKernel(measures="tw-full"), CELLS
    yield "pool", TreeWassersteinKernel(SCALES, pool=embed(CELLS)), np.arange(len(CELLS))[:, None]
    yield "configurations", TreeWassersteinKernel(space=SPACE), CONFIGURATIONS
    yield "sum", 2.0 * TreeWassersteinKernel(SCALES) + WhiteKernel(0.1), CELLS
    yield "product", TreeWassersteinKernel(0.5) * TreeWassersteinKernel(measures="tw"), CELLS


every_kernel = pytest.mark.parametrize(
    ("kernel", "X"), [pytest.param(k, X, id=name) for name, k, X in kernels()]
)


def as_array(X):
    """Return X as GaussianProcessRegressor hands it on."""
    if isinstance(X, np.ndarray):
        return X
    array = np.empty(len(X), dtype=object)
    array[:] = X
    return array


@every_kernel
def test_gradient_agrees_with_finite_differences(kernel, X):
    X = as_array(X)
    K, gradient = kernel(X, eval_gradient=True)
    np.testing.assert_allclose(K, kernel(X), rtol=1e-12)
    assert gradient.shape == (len(X), len(X), len(kernel.theta))
    for i in range(len(kernel.theta)):
        step = np.zeros_like(kernel.theta)
        step[i] = 1e-6
        up, down = (kernel.clone_with_theta(kernel.theta + s)(X) for s in (step, -step))
        np.testing.assert_allclose(gradient[..., i], (up - down) / 2e-6, atol=1e-7)


@every_kernel
def test_kernel_keeps_the_rules_of_scikit_learn(kernel, X):
    X = as_array(X)
    K = kernel(X)
    np.testing.assert_allclose(np.diag(K), kernel.diag(X), rtol=1e-12)
    assert kernel.bounds.size == 2 * len(kernel.theta)
    assert not kernel.requires_vector_input
    for other in (clone(kernel), pickle.loads(pickle.dumps(kernel))):
        np.testing.assert_array_equal(other.theta, kernel.theta)
        np.testing.assert_array_equal(other(X), K)
    np.testing.assert_allclose(kernel(X[:7], X), (kernel(X) - white(kernel))[:7], rtol=1e-12)
    assert "TreeWasserstein" in repr(kernel)


def white(kernel):
    """What a kernel adds to the diagonal only where an item meets itself."""
    return 0.1 * np.eye(len(CELLS)) if isinstance(getattr(kernel, "k2", 0), WhiteKernel) else 0.0


def test_scale_one_is_gram():
    np.testing.assert_array_equal(TreeWassersteinKernel()(CELLS), gram(CELLS))
    np.testing.assert_array_equal(TreeWassersteinKernel()(as_array(STRINGS)), gram(CELLS))


def test_what_was_embedded_is_told_apart():
    kernel = TreeWassersteinKernel()
    first, second = kernel(CELLS[:5]), kernel(CELLS[5:10])
    np.testing.assert_array_equal(first, gram(CELLS[:5]))
    np.testing.assert_array_equal(second, gram(CELLS[5:10]))
    mutable = [dict(c) for c in CONFIGURATIONS[:3]]
    of_space = TreeWassersteinKernel(space=SPACE)
    before = of_space(mutable)
    mutable[0]["depth"] = 5
    assert not np.array_equal(before, of_space(mutable))
    kernel.set_params(measures="tw")
    np.testing.assert_array_equal(kernel(CELLS[:5]), gram(CELLS[:5], ngram=1))


def test_gaussian_process_of_scikit_learn():
    kernel = ConstantKernel() * TreeWassersteinKernel(SCALES) + WhiteKernel(1e-2, (1e-4, 1.0))
    model = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The optimal value found for dimension")
        assert cross_val_score(model, CELLS, DEPTH, cv=3).mean() > 0.5
        model.fit(CELLS, DEPTH)
    assert not np.array_equal(model.kernel_.theta, kernel.theta)
    assert model.predict(CELLS[:3], return_std=True)[1].shape == (3,)


def test_a_pool_goes_with_kernels_of_numbers():
    kernel = TreeWassersteinKernel(pool=embed(CELLS)) + 0.1 * RBF(5.0)
    X = np.arange(len(CELLS), dtype=float)[:, None]
    np.testing.assert_allclose(kernel(X), gram(CELLS) + 0.1 * RBF(5.0)(X))
    model = GaussianProcessRegressor(kernel, optimizer=None).fit(X[::2], DEPTH[::2])
    assert model.predict(X).shape == (len(X),)


@pytest.mark.parametrize(
    ("kernel", "X", "kind", "message"),
    [
        (TreeWassersteinKernel(), 3, TypeError, "X: expected a sequence of architectures, got 3"),
        (TreeWassersteinKernel(), np.zeros((3, 2)), ValueError, "X: expected one column"),
        (TreeWassersteinKernel([1.0, 2.0]), CELLS, ValueError, "length_scale: expected a number"),
        (TreeWassersteinKernel(pool=CELLS), [0.5], TypeError, "X: expected integers"),
        (TreeWassersteinKernel(pool=CELLS), [99], IndexError, "X: expected pool items in"),
        (TreeWassersteinKernel(space=3), CELLS, TypeError, "space: expected a SearchSpace"),
    ],
)
def test_errors_name_the_argument(kernel, X, kind, message):
    with pytest.raises(kind, match=message.replace("[", r"\[")):
        kernel(X)


def test_vectors_have_the_distances():
    fitted = ArchitectureVectors("tw-full", scaled=False).fit(CELLS)
    vectors = fitted.transform(CELLS)
    l1 = np.abs(vectors[:, None] - vectors).sum(axis=2)
    np.testing.assert_allclose(l1, distances(CELLS, measures="tw-full").sum(axis=0), atol=1e-12)
    assert len(fitted.get_feature_names_out()) == vectors.shape[1]
    others = ArchitectureVectors("tw-full").fit(CELLS[:10]).transform(CELLS[10:])
    assert others.shape == (len(CELLS) - 10, fitted.fit(CELLS[:10]).transform(CELLS).shape[1])


def test_pipelines_and_grids():
    vectors = make_pipeline(ArchitectureVectors(), Ridge())
    grid = {"architecturevectors__measures": ["tw", "tw-full"], "ridge__alpha": [0.1, 1.0]}
    search = GridSearchCV(vectors, grid, cv=3).fit(CELLS, DEPTH)
    assert search.best_score_ > 0.5
    rows = make_pipeline(GramRows(space=SPACE), SVR(kernel="precomputed", C=10.0))
    values = [c["depth"] for c in CONFIGURATIONS]
    search = GridSearchCV(rows, {"gramrows__length_scale": [0.3, 1.0, 3.0]}, cv=3)
    shuffled = np.random.default_rng(0).permutation(len(values))
    X, y = [CONFIGURATIONS[i] for i in shuffled], [values[i] for i in shuffled]
    assert search.fit(X, y).best_score_ > 0.7


def test_regressor_is_the_process_of_otnas():
    model = ArchitectureRegressor().fit(CELLS[::2], DEPTH[::2])
    assert cross_val_score(ArchitectureRegressor(), CELLS, DEPTH, cv=3).mean() > 0.5
    process = model.process_
    theta, noise = process.log_parameters[:-1], np.exp(process.log_parameters[-1])
    items = np.arange(len(CELLS[::2]))
    K = process.kernel.block(items, items, theta)
    cross = gram(
        CELLS[1::2], CELLS[::2], lengthscales=np.exp(theta[:-1]), variance=np.exp(theta[-1])
    )
    solved = np.linalg.solve(K + noise * np.eye(len(K)), cross.T)
    mean, std = model.predict(CELLS[1::2], return_std=True)
    y, width = DEPTH[::2].mean(), DEPTH[::2].std()
    np.testing.assert_allclose(mean, y + solved.T @ (DEPTH[::2] - y), rtol=1e-5)
    variance = np.exp(theta[-1]) - (cross.T * solved).sum(axis=0)
    np.testing.assert_allclose(std, width * np.sqrt(variance), rtol=1e-4, atol=1e-6)
    pairs = [(cell.matrix, cell.ops) for cell in CELLS[1::2]]
    np.testing.assert_array_equal(model.predict(pairs), mean)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(pairs), mean)


class OnNumbers:
    """Rows of numbers for architectures, so that scikit-learn's checks, which send such, apply."""

    def _embedding(self, X, *, fitting):
        return Embedding({"x": validate_data(self, X, reset=fitting, dtype="float64")})

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string, tags.no_validation = True, False, False
        return tags


class Vectors(OnNumbers, ArchitectureVectors):
    pass


class Rows(OnNumbers, GramRows):
    pass


class Regressor(OnNumbers, ArchitectureRegressor):
    pass


# What does not apply to the three estimators, with the reason.
NOT_PASSED = {
    "check_dtype_object": "wants the words 'Unknown label type' for values that are no numbers; "
    "here the message names y and what was expected",
    "check_array_api_input": "runs only with SCIPY_ARRAY_API",
}


@pytest.mark.parametrize("estimator", [Vectors(), Rows(), Regressor()], ids=str)
def test_scikit_learn_checks(estimator):
    passed = 0
    for model, check in estimator_checks_generator(estimator):
        name = check.func.__name__
        if name in NOT_PASSED and (name != "check_dtype_object" or isinstance(model, Regressor)):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(model)
        passed += 1
    assert passed > 40
