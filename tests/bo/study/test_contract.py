"""What a study promises, for cells and pool items alike."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import studies

from otnas.study import Run, State, Study, StudyError, Trial

both = pytest.mark.parametrize("name", studies.BOTH)
every = pytest.mark.parametrize("name", studies.SUBJECTS)


@pytest.fixture(params=studies.BOTH)
def study(request, tmp_path):
    with studies.study(request.param, tmp_path / "a.jsonl") as made:
        yield made


def states(study):
    return [trial.state.value for trial in study.trials]


@every
def test_a_study_asks_for_what_its_search_does(name, tmp_path):
    alone = studies.search(name)
    with studies.study(name, tmp_path / "a.jsonl") as study:
        for n in (4, 1, 3, 1, 2):
            trials, items = study.ask(n), alone.ask(n)
            assert [trial.item for trial in trials] == items
            values = [studies.value_of(study, item) for item in items]
            study.tell(trials, values)
            alone.tell(items, values)
    assert study.search.items == alone.items
    assert [trial.id for trial in study.trials] == list(range(11))
    assert [trial.value for trial in study.trials] == alone.values.tolist()


def test_in_any_order_singly_and_many_at_a_time(study):
    trials = study.ask(6)
    assert study.running == trials == study.trials
    study.tell(trials[4], 3.0)
    study.tell([trials[5], trials[0]], [4.0, 5.0])
    study.tell(1, 6.0)
    study.tell([np.int64(3)], np.array([2.0]))
    assert states(study) == ["done", "done", "running", "done", "done", "done"]
    assert study.running == [study.trials[2]]
    assert [trial.value for trial in study.trials] == [5.0, 6.0, None, 2.0, 3.0, 4.0]
    assert study.best.id == 3
    assert study.n_counted == 5
    assert study.search.items == [trials[i].item for i in (4, 5, 0, 1, 3)]
    assert study.search.pending == [trials[2].item]


def test_trials_are_records_of_what_happened(study):
    (trial,) = study.ask()
    run = Run(10.0, 20.5, "here:7")
    study.tell(trial, 3.0, {"seconds": np.float32(1.5), "n": np.int64(3), "flag": True}, run=run)
    told = study.trials[0]
    assert told.metrics == {"seconds": 1.5, "n": 3, "flag": True}
    assert told.run == run
    assert told.asked <= told.ended
    assert told.seconds >= 0
    assert pickle.loads(pickle.dumps(told)) == told
    with pytest.raises(AttributeError):
        told.value = 1.0
    assert trial.state is State.RUNNING  # records of the past stay what they are
    with studies_of(study) as again:
        assert again.trials == study.trials


def studies_of(study):
    """Open the file of a study again."""
    study.close()
    name = "pool" if isinstance(study.trials[0].item, int) else "kdpp"
    return studies.study(name, study.path)


def test_predictions_are_kept(study):
    assert [trial.mean for trial in study.ask(4)] == [None] * 4
    study.tell(range(4), [4.0, 3.0, 2.0, 5.0])
    trials = study.ask(2)
    mean, deviation = study.search.predictions([trial.item for trial in trials])
    assert [trial.mean for trial in trials] == mean.tolist()
    assert [trial.deviation for trial in trials] == deviation.tolist()


def test_metrics_of_many(study):
    study.tell(study.ask(2), [1.5, 2.5], [{"a": 1}, None])
    assert [trial.metrics for trial in study.trials] == [{"a": 1}, {}]
    (trial,) = study.ask()
    study.tell([trial], [2.0], {"b": math.nan, "c": None})
    assert study.trials[2].metrics == {"b": None, "c": None}


# The table of `State`: from each state, what each call makes of a trial. None: it is refused.
MOVES = {
    "running": {"tell": "done", "fail": "failed", "cancel": "cancelled", "lose": "lost"},
    "done": {},
    "failed": {},
    "cancelled": {},
    "lost": {"tell": "done", "cancel": "cancelled", "retry": "lost"},
}
CALLS = {
    "tell": lambda study, i=0: study.tell(i, 2.5),
    "fail": lambda study, i=0: study.fail(i, "no memory"),
    "cancel": lambda study, i=0: study.cancel(i),
    "lose": lambda study, i=0: study.lose(i, "no worker"),
    "retry": lambda study, i=0: study.retry(i),
}
WAY = {"done": "tell", "failed": "fail", "cancelled": "cancel", "lost": "lose"}


@pytest.mark.parametrize("state", MOVES)
@pytest.mark.parametrize("call", CALLS)
def test_which_state_leads_where(study, state, call):
    study.ask(2)
    if state != "running":
        CALLS[WAY[state]](study)
    assert study.trials[0].state is State(state)
    target = MOVES[state].get(call)
    if target is None:
        before = studies.snapshot(study)
        with pytest.raises(StudyError, match=f"trial 0: expected one that is .*, got .* {state}"):
            CALLS[call](study)
        assert studies.snapshot(study) == before
        return
    CALLS[call](study)
    assert study.trials[0].state is State(target)
    trials = study.trials
    with studies_of(study) as again:
        assert again.trials == trials


@pytest.mark.parametrize("state", MOVES)
def test_the_table_of_states(study, state):
    """Is it modelled, can it come again, does it count."""
    study.tell(study.ask(3), [3.0, 4.0, 5.0])
    (trial,) = study.ask()
    if state != "running":
        CALLS[WAY[state]](study, trial.id)
    inner = study.search
    assert (trial.item in inner.pending) == (state == "running")
    assert (trial.item in inner.items) == (state in ("done", "failed"))
    assert study.n_counted == 3 + (state in ("done", "failed"))
    assert study.trials[3].counts == (state in ("done", "failed"))
    if state == "failed":
        assert math.isinf(inner.values[3])
    free = state in ("cancelled", "lost")
    if inner.n_left is not None:
        rest = [t.item for t in study.ask(inner.n_left)]
        assert len(set(rest)) == len(rest)
        assert (trial.item in rest) == free


def test_reasons_are_kept(study):
    trials = study.ask(3)
    study.fail(trials[0], "Traceback ...\nValueError: é", run=Run(1.0, 2.0, "w"))
    study.cancel(trials[1], "not needed")
    study.lose(trials[2], "killed")
    assert [t.reason for t in study.trials] == [
        "Traceback ...\nValueError: é",
        "not needed",
        "killed",
    ]
    assert study.trials[0].run == Run(1.0, 2.0, "w")
    assert [t.reason for t in Study.read(study.path).trials] == [t.reason for t in study.trials]
    with pytest.raises(TypeError, match="reason: expected a text, got 5"):
        study.fail(study.ask()[0], 5)


@pytest.mark.parametrize("direction", ["minimise", "maximise"])
@both
def test_directions(name, direction, tmp_path):
    sign = 1.0 if direction == "minimise" else -1.0
    made = studies.study(name, tmp_path / "a.jsonl", direction=direction)
    made.tell(made.ask(4), sign * np.array([3.0, 1.0, 2.0, sign * sign * np.inf]))
    assert made.direction == direction
    assert made.best.id == 1
    assert made.best.value == sign * 1.0
    assert states(made) == ["done", "done", "done", "failed"]
    (trial,) = made.ask()
    with pytest.raises(ValueError, match="values: expected finite"):
        made.tell(trial, -sign * np.inf)
    made.close()
    assert made.search.values.tolist() == [sign * 3.0, sign * 1.0, sign * 2.0, sign * np.inf]
    with studies.study(name, tmp_path / "a.jsonl", direction=direction) as again:
        assert again.search.values.tolist() == made.search.values.tolist()
    assert Study.read(tmp_path / "a.jsonl").best.id == 1


def test_nothing_is_best_yet(study):
    study.fail(study.ask(1), "no")
    with pytest.raises(RuntimeError, match="best: expected at least one trial that is done"):
        study.best


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s: s.ask(0), ValueError, "n: expected an integer >= 1, got 0"),
        (lambda s: s.ask(1.5), TypeError, "n: expected an integer"),
        (lambda s: s.tell(0, [1.0, 2.0]), ValueError, r"values: expected shape \(1,\), got \(2,\)"),
        (lambda s: s.tell([0, 1], 1.0), ValueError, r"values: expected shape \(2,\), got \(1,\)"),
        (lambda s: s.tell(0, math.nan), ValueError, "values: expected finite .* got nan"),
        (lambda s: s.tell(0, "low"), TypeError, "values: expected real numbers"),
        (lambda s: s.tell(9, 1.0), StudyError, r"trial: expected an id in \[0, 3\), got 9"),
        (lambda s: s.tell(-1, 1.0), StudyError, r"trial: expected an id in \[0, 3\), got -1"),
        (lambda s: s.tell("0", 1.0), TypeError, "trial: expected a Trial or an id, got '0'"),
        (lambda s: s.tell(None, 1.0), TypeError, "trials: expected trials or their ids, got None"),
        (
            lambda s: s.tell(0, 1.0, run="here"),
            TypeError,
            "run: expected a Run or None, got 'here'",
        ),
        (lambda s: s.tell(Trial(0, "another"), 1.0), StudyError, "trial 0: expected one of this s"),
        (lambda s: s.tell(True, 1.0), TypeError, "trial: expected a Trial or an id, got True"),
        (lambda s: s.tell([0, 0], [1.0, 2.0]), ValueError, "expected"),
        (lambda s: s.fail([1, 1], "twice"), StudyError, "trial 1: expected one that is running"),
        (lambda s: s.cancel([1, 1]), StudyError, "trial 1: expected"),
        (lambda s: s.tell([0, 1], [1.0, 2.0], {"a": 1}), TypeError, "one mapping a trial"),
        (lambda s: s.tell([0, 1], [1.0, 2.0], [{}]), ValueError, "metrics: expected 2"),
        (lambda s: s.tell(0, 1.0, {"a": [1]}), TypeError, "metrics: expected a number, a text"),
        (lambda s: s.attach([], [1.0]), ValueError, r"values: expected shape \(0,\)"),
        (lambda s: s.attach("x", 1.0), (TypeError, ValueError), "expected"),
        (lambda s: s.attach(s.trials[1].item, 1.0), StudyError, "trial 1 of one of them is runn"),
    ],
)
def test_mistakes_leave_no_trace(study, call, error, message):
    study.ask(3)
    before = studies.snapshot(study)
    with pytest.raises(error, match=message):
        call(study)
    assert studies.snapshot(study) == before
    assert [t.id for t in study.ask(2)] == [3, 4]


def test_results_from_elsewhere(study):
    study.ask(2)
    first, second = (studies.elsewhere(study, seed) for seed in (5, 6))
    (attached,) = study.attach(first, 4.0, {"from": "a colleague"})
    assert (attached.id, attached.state, attached.value) == (2, State.DONE, 4.0)
    more = study.attach(np.array([second]) if isinstance(second, int) else [second], [math.inf])
    assert (more[0].id, more[0].state) == (3, State.FAILED)
    assert study.search.items == [first, second]
    with pytest.raises(ValueError, match="expected an item not told before"):
        study.attach(first, 5.0)
    trials = study.trials
    assert trials[2].metrics == {"from": "a colleague"}
    left = study.search.n_left
    with studies_of(study) as again:
        assert again.trials == trials
        assert again.search.n_left == left


def test_columns_of_a_data_frame_are_there_from_the_beginning(study):
    pytest.importorskip("pandas")
    empty = study.to_pandas()
    study.tell(study.ask(2)[0], 2.5, {"size": 3})
    frame = study.to_pandas()
    assert list(frame)[: len(empty.columns)] == list(empty)
    assert (len(empty), empty["value"].dtype, frame["value"].min()) == (0, float, 2.5)
    assert frame["mean"].dtype == frame["retry_of"].dtype == frame["run_ended"].dtype == float
    assert frame["metric.size"][0] == 3


def test_a_study_by_names(tmp_path):
    path = tmp_path / "deep" / "mine.jsonl"
    with Study(path, space="nasbench201", method="random", seed=1, initial=2) as made:
        trials = made.ask(3)
        made.tell(trials, [1.0, 2.0, 3.0])
    with Study(str(path), space="nasbench201", method="random", seed=1, initial=2) as again:
        assert [t.item for t in again.trials] == [t.item for t in trials]
        assert again.path == path
    assert Study(space="nasbench201", method="random").path is None


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((), {}, TypeError, "expected either a search, or the name of a space"),
        (("a.jsonl",), {}, TypeError, "expected either a search, or the name of a space"),
        (("a.jsonl", "b.jsonl"), {}, TypeError, "search: expected a Search beside a path"),
        ((3,), {}, TypeError, "search: expected a Search, got int"),
        ((), {"space": "nasbench2"}, (ValueError, LookupError), "nasbench"),
        ((), {"space": "nasbench201", "method": "tw-ful"}, ValueError, "did you mean 'tw-full'"),
        ((), {"space": "nasbench201", "objective": 3}, TypeError, "objective: expected a text"),
        (
            (),
            {"space": "nasbench201", "about": {"search": 1}},
            ValueError,
            "keys that the header lacks, got 'sea",
        ),
        (("a.jsonl",), {"space": "nasbench201", "about": {"a": {1}}}, TypeError, "about: .*JSON"),
        (("a.jsonl",), {"space": "nasbench201", "about": {"a": math.nan}}, ValueError, "about: "),
    ],
)
def test_mistakes_in_making_one(tmp_path, monkeypatch, arguments, options, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        Study(*arguments, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_search_that_was_used_or_cannot_be_repeated_is_refused(tmp_path):
    used = studies.search("pool")
    used.ask()
    with pytest.raises(ValueError, match="search: expected a new one"):
        Study(used, tmp_path / "b.jsonl")
    with pytest.raises(ValueError, match="search: expected one with an integer seed"):
        Study(studies.search("pool", seed=None), tmp_path / "b.jsonl")
    with pytest.raises(ValueError, match="search: expected one with an integer seed"):
        Study(studies.search("pool", seed=np.random.default_rng(1)), tmp_path / "b.jsonl")
    assert not (tmp_path / "b.jsonl").exists()
