"""Lost trials: their retries, and results that come after all."""

from __future__ import annotations

import pytest
import studies

from otnas.study import State, StudyError


@pytest.fixture(params=studies.BOTH)
def study(request, tmp_path):
    """Trials 0 and 1 are done, 2 is lost, 3 runs; checked at the end by opening the file again."""
    path = tmp_path / "a.jsonl"
    with studies.study(request.param, path) as made:
        made.tell(made.ask(2), [3.0, 4.0])
        made.ask(2)
        made.lose(2, "the worker vanished")
        yield made
    with studies.study(request.param, path) as again:
        assert again.trials == made.trials
        assert again.search.items == made.search.items
        assert again.search.pending == made.search.pending
        assert again.search.n_left == made.search.n_left
        assert running_are_pending(again)
        more = again.ask(3)
    with studies.study(request.param, path) as again:
        assert again.running[-3:] == more


def running_are_pending(study):
    """What runs is pending in the search, and nothing else: else it could never end."""
    running = {study.search.domain.identify(trial.item)[0] for trial in study.running}
    pending = {study.search.domain.identify(item)[0] for item in study.search.pending}
    return running == pending


def ask_again(study):
    """Ask until the lost item of trial 2 is asked for as another trial, and return that."""
    key = study.search.domain.identify(study.trials[2].item)[0]
    for _ in range(200):
        (trial,) = study.ask()
        if study.search.domain.identify(trial.item)[0] == key:
            return trial
    raise AssertionError("the item does not come again")


def test_a_retry_is_a_new_trial_of_the_same_item(study):
    retry = study.retry(2)
    assert (retry.id, retry.item, retry.state) == (4, study.trials[2].item, State.RUNNING)
    assert (retry.retry_of, retry.attempt) == (2, 1)
    study.lose(retry, "again")
    third = study.retry(retry)
    assert (third.id, third.retry_of, third.attempt) == (5, 2, 2)
    study.tell(third, 2.0)
    assert [trial.state.value for trial in study.trials[2:]] == ["lost", "running", "lost", "done"]
    with pytest.raises(StudyError, match="trial 4: expected one whose item was not asked for"):
        study.retry(4)
    assert running_are_pending(study)


def test_a_result_before_a_retry(study):
    study.tell(2, 2.5)
    assert study.trials[2].state is State.DONE
    assert study.best.id == 2
    with pytest.raises(StudyError, match="trial 2: expected one that is lost"):
        study.retry(2)


def test_a_result_before_that_of_the_retry_cancels_it(study):
    retry = study.retry(2)
    study.tell(2, 2.5)
    assert study.trials[2].state is State.DONE
    assert study.trials[retry.id].state is State.CANCELLED
    assert study.trials[retry.id].reason == "trial 2 has a value"
    assert running_are_pending(study)
    with pytest.raises(StudyError, match="trial 4: expected one that is running or lost"):
        study.tell(retry, 2.0)


@pytest.mark.parametrize("how", ["tell", "fail"])
def test_a_result_after_that_of_the_retry_is_refused(study, how):
    retry = study.retry(2)
    study.tell(retry, 2.0) if how == "tell" else study.fail(retry, "no memory")
    before = studies.snapshot(study)
    with pytest.raises(StudyError, match="trial 2: trial 4 of its item ended"):
        study.tell(2, 2.5)
    assert studies.snapshot(study) == before
    study.late(2, 2.5)
    study.late(2, None)
    assert study.trials == before["trials"]
    assert study.path.read_bytes() != before["file"]


def test_a_result_of_the_first_attempt_after_a_lost_retry(study):
    study.lose(study.retry(2), "again")
    study.tell(4, 2.0)
    with pytest.raises(StudyError, match="trial 2: trial 4 of its item ended"):
        study.tell(2, 2.5)


def test_a_result_of_a_retry_after_that_of_the_first_attempt(study):
    study.lose(study.retry(2), "again")
    study.tell(2, 2.0)
    with pytest.raises(StudyError, match="trial 4: trial 2 of its item ended"):
        study.tell(4, 2.5)


def test_a_result_after_the_item_was_asked_for_again_ends_the_later_trial(study):
    study.tell(3, 5.0)
    again = ask_again(study)
    study.cancel([t for t in study.running if t.id != again.id])
    with pytest.raises(StudyError, match="trial 2: expected one whose item was not asked for"):
        study.retry(2)
    study.tell(2, 2.5)
    assert study.trials[again.id].state is State.CANCELLED
    assert running_are_pending(study)


def test_a_result_after_the_item_was_trained_as_another_trial_is_refused(study):
    again = ask_again(study)
    study.tell(again, 2.0)
    before = studies.snapshot(study)
    with pytest.raises(StudyError, match=f"trial 2: trial {again.id} of its item ended"):
        study.tell(2, 2.5)
    assert studies.snapshot(study) == before


def test_a_result_from_elsewhere_of_a_lost_trials_item(study):
    study.attach(study.trials[2].item, 2.0)
    with pytest.raises(StudyError, match="trial 2: trial 4 of its item ended"):
        study.tell(2, 2.5)
    with pytest.raises(StudyError, match="trial 2: expected one whose item"):
        study.retry(2)


def test_a_lost_trial_can_be_given_up(study):
    study.cancel(2, "too large")
    assert study.trials[2].state is State.CANCELLED
    with pytest.raises(StudyError, match="trial 2: expected one that is lost"):
        study.retry(2)
    ask_again(study)
