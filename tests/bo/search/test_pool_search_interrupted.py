"""An `ask` or `tell` that fails or is interrupted leaves the search as it was."""

import numpy as np
import pytest
from helpers import objective, run

from otnas.search.pool_search import PoolSearch


def interrupted_pair(**options):
    """Two equal searches over blocks of a kernel; the first fails when told to."""
    rng = np.random.default_rng(3)
    points = rng.normal(size=(60, 2))
    gram = np.exp(-np.abs(points[:, None] - points[None]).sum(axis=2))
    failing = []

    def blocks(rows, cols):
        error = failing.pop() if failing else None
        if error is not None:
            raise error
        return gram[np.ix_(rows, cols)]

    options = {"n_items": 60, "n_initial": 3, "seed": 0, **options}
    steady = PoolSearch(gram=lambda rows, cols: gram[np.ix_(rows, cols)], **options)
    return PoolSearch(gram=blocks, **options), steady, failing


@pytest.mark.parametrize("error", [OSError("no disk"), KeyboardInterrupt()])
@pytest.mark.parametrize("external", [False, True])
def test_a_kernel_that_fails_leaves_tell_undone(error, external):
    s, twin, failing = interrupted_pair()
    for one in (s, twin):
        items = one.ask(4)
        one.tell(items[:2], objective(items[:2]))
    told = np.setdiff1d(np.arange(60), items)[:2] if external else items[2:]
    state = s.items.tolist(), s.values.tolist(), s.pending.tolist(), s.n_left
    failing.append(error)
    with pytest.raises(type(error)):
        s.tell(told, objective(told))
    assert (s.items.tolist(), s.values.tolist(), s.pending.tolist(), s.n_left) == state
    for one in (s, twin):
        one.tell(told, objective(told))
    assert run(s, [1, 3, 1, 2]) == run(twin, [1, 3, 1, 2])
    np.testing.assert_allclose(s.posterior.mean, twin.posterior.mean, atol=1e-9)
    np.testing.assert_allclose(s.posterior.std, twin.posterior.std, atol=1e-7)


@pytest.mark.parametrize("error", [OSError("no disk"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["kernel", "fit", "rule"])
def test_an_ask_that_fails_was_not_called(error, where, monkeypatch):
    fails = []

    def rule(mean, covariance, k, rng):
        chosen = rng.permutation(mean.size)[:k]
        if fails:
            raise fails.pop()
        return chosen

    s, twin, failing = interrupted_pair(batch_rule=rule)
    assert run(s, [3, 2]) == run(twin, [3, 2])
    with monkeypatch.context() as patch:
        if where == "kernel":
            failing.append(error)
        elif where == "rule":
            fails.append(error)
        else:
            whole = s.posterior.process.fit

            def fit():
                whole()
                raise error

            patch.setattr(s.posterior.process, "fit", fit)
        with pytest.raises(type(error)):
            s.ask(3)
        assert s.pending.size == 0
    assert run(s, [3, 1, 2]) == run(twin, [3, 1, 2])
    np.testing.assert_allclose(s.posterior.std, twin.posterior.std, atol=1e-7)


def test_a_kernel_that_fails_at_any_call_leaves_the_posterior_right():
    failed = 0
    for calls_before in range(12):
        s, twin, failing = interrupted_pair(batch_rule="map", refit_every=50)
        assert run(s, [3, 2]) == run(twin, [3, 2])
        # Conditions the posterior on pending items, which the next ask first takes off again.
        np.testing.assert_array_equal(s.ask(2), twin.ask(2))
        for one in (s, twin):
            assert one.posterior.std.shape == (60,)
            one.tell([58, 59], [1.5, 1.6])
        failing[:] = [OSError("no disk"), *[None] * calls_before]
        try:
            s.ask(3)
        except OSError:
            failed += 1
            np.testing.assert_array_equal(s.ask(3), twin.ask(3))
            np.testing.assert_allclose(s.posterior.mean, twin.posterior.mean, atol=1e-9)
            np.testing.assert_allclose(s.posterior.std, twin.posterior.std, atol=1e-7)
    assert failed >= 2
