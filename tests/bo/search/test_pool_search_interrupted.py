"""An `ask` or `tell` that fails or is interrupted leaves the search as it was."""

import numpy as np
import pytest
from small_pools import objective, run

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

    settings = {name: options.pop(name) for name in ("refit_every",) if name in options}
    options = {"settings": settings, "n_items": 60, "initial": 3, "seed": 0, **options}
    steady = PoolSearch(gram=lambda rows, cols: gram[np.ix_(rows, cols)], **options)
    return PoolSearch(gram=blocks, **options), steady, failing


@pytest.mark.parametrize("error", [OSError("no disk"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["tell", "fail", "cancel", "claim"])
def test_a_call_that_fails_was_not_made(error, call, monkeypatch):
    s, twin, _ = interrupted_pair()
    for one in (s, twin):
        items = one.ask(4)
        one.tell(items[:2], objective(items[:2]))
    given = {
        "tell": (items[2:], objective(items[2:])),
        "fail": (items[2:],),
        "cancel": (items[2:],),
        "claim": ([i for i in range(60) if i not in items][:2],),
    }[call]

    def breaks(*_):
        raise error

    # At the last step of each.
    owner, name = {
        "tell": (s, "_observed"),
        "fail": (s, "_observed"),
        "cancel": (s._left, "release"),
        "claim": (s._left, "exclude"),
    }[call]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, breaks, raising=True)
        before = s.items, s.values.tolist(), s.pending, s.n_left
        with pytest.raises(type(error)):
            getattr(s, call)(*given)
    assert (s.items, s.values.tolist(), s.pending, s.n_left) == before
    for one in (s, twin):
        getattr(one, call)(*given)
    assert run(s, [1, 3, 1, 2]) == run(twin, [1, 3, 1, 2])


@pytest.mark.parametrize("error", [OSError("no disk"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["kernel", "fit", "rule"])
def test_an_ask_that_fails_was_not_called(error, where, monkeypatch):
    fails = []

    def rule(candidates, k, rng):
        chosen = rng.permutation(len(candidates))[:k]
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
        assert s.pending == []
    assert run(s, [3, 1, 2]) == run(twin, [3, 1, 2])
    np.testing.assert_allclose(s.posterior.std, twin.posterior.std, atol=1e-7)


def test_a_look_at_the_posterior_that_fails_leaves_no_trace(monkeypatch):
    s, twin, _ = interrupted_pair()
    assert run(s, [3, 2, 1]) == run(twin, [3, 2, 1])

    def interrupted(_):
        raise KeyboardInterrupt

    process = s.posterior.process
    for one in (s, twin):
        one.tell(59, 1.5)
    with monkeypatch.context() as patch:  # the observation is in by then
        patch.setattr(process, "set_targets", interrupted)
        with pytest.raises(KeyboardInterrupt):
            s.posterior
    assert process.items.size == 6
    np.testing.assert_array_equal(s.posterior.mean, twin.posterior.mean)
    assert run(s, [1, 2]) == run(twin, [1, 2])


def test_a_kernel_that_fails_at_any_call_leaves_the_posterior_right():
    failed = 0
    for calls_before in range(12):
        s, twin, failing = interrupted_pair(batch_rule="map", refit_every=50)
        assert run(s, [3, 2]) == run(twin, [3, 2])
        # Conditions the posterior on pending items, which the next ask first takes off again.
        assert s.ask(2) == twin.ask(2)
        for one in (s, twin):
            assert one.posterior.std.shape == (60,)
            one.tell([58, 59], [1.5, 1.6])
        failing[:] = [OSError("no disk"), *[None] * calls_before]
        try:
            s.ask(3)
        except OSError:
            failed += 1
            assert s.ask(3) == twin.ask(3)
            np.testing.assert_allclose(s.posterior.mean, twin.posterior.mean, atol=1e-9)
            np.testing.assert_allclose(s.posterior.std, twin.posterior.std, atol=1e-7)
    assert failed >= 2
