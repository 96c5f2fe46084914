"""Studies that know an earlier one."""

import json

import numpy as np
import pytest
import searches

from otnas.search import methods
from otnas.spaces import Categorical, Integers, NASBench201, ParameterSpace
from otnas.study import JournalError, Study

SPACE = searches.small_space()


def go_on(study, sizes):
    for n in sizes:
        trials = study.ask(n)
        study.tell(trials, searches.errors_of(SPACE, [trial.item for trial in trials]))


def study(path=None, **rest):
    rest = {"method": "tw-2g", "settings": searches.BATCH, **rest}
    return Study(path, space=SPACE, **rest)


@pytest.fixture
def first(tmp_path):
    path = tmp_path / "first.jsonl"
    with study(path, seed=7, initial=10) as earlier:
        go_on(earlier, [10])
        earlier.fail(earlier.ask(), "out of memory")
        earlier.ask()
    return path


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("method", ["tw-2g", "kdpp-quality:tw-2g/wl"])
def test_a_study_with_a_prior_goes_on_from_its_journal(tmp_path, first, verify, method):
    path = tmp_path / "second.jsonl"
    whole = study(prior=first, method=method)
    go_on(whole, [5, 1, 2, 1, 1])
    with study(path, prior=first, method=method) as second:
        assert second.header["search"]["initial"] == methods.INITIAL_PRIOR
        go_on(second, [5, 1, 2])
    with study(path, prior=str(first), method=method, verify=verify) as second:
        go_on(second, [1, 1])
        assert [t.item for t in second.trials] == [t.item for t in whole.trials]


def test_the_header_has_the_prior_by_content(tmp_path, first):
    path = tmp_path / "second.jsonl"
    with study(path, prior=first) as second:
        go_on(second, [5])
        (described,) = second.header["search"]["domain"]["features"]
    assert (described["names"], described["n_results"]) == (["prior"], 11)
    read = Study.read(first)
    cells = [SPACE.parse(t.item) for t in read.trials if t.counts]
    values = np.array([np.inf if t.value is None else t.value for t in read.trials if t.counts])
    for same in (read, (cells, values)):
        study(path, prior=same).close()
    renamed = tmp_path / "renamed.jsonl"
    renamed.write_bytes(first.read_bytes())
    study(path, prior=renamed).close()
    with study(first, seed=7, initial=10) as earlier:
        go_on(earlier, [1])
    with pytest.raises(JournalError, match="features"):
        study(path, prior=first)
    with pytest.raises(JournalError, match="features"):
        study(path, initial=methods.INITIAL_PRIOR)


def test_several_earlier_studies_have_a_feature_each(first):
    named = study(prior={"old": first, "older": Study.read(first)}, features={"n": len})
    go_on(named, [5, 1])
    assert {"n", "old", "older"} <= named.search.model.relevances.keys()
    listed = study(prior=[first, first])
    go_on(listed, [5, 1])
    assert {"prior0", "prior1"} <= listed.search.model.relevances.keys()


def test_an_earlier_study_of_another_space_is_read_by_its_name(tmp_path):
    path = tmp_path / "first.jsonl"
    with Study(path, space="nasbench201", method="random") as earlier:
        earlier.tell(earlier.ask(6), np.arange(1.0, 7.0))
    space = NASBench201()
    space.name = "mine"
    second = Study(space=space, method="tw-2g", prior=path, pool=list(space.enumerate())[:50])
    second.tell(second.ask(5), np.arange(1.0, 6.0))
    assert second.ask()
    with pytest.raises(ValueError, match=r"prior\.architectures"):
        study(prior=path)


def test_earlier_studies_of_parameters(tmp_path):
    space = ParameterSpace({"layers": Integers(1, 9), "kind": Categorical(["a", "b"])})
    path = tmp_path / "first.jsonl"
    with Study(path, space=space, initial=6) as earlier:
        earlier.tell(earlier.ask(6), np.arange(1.0, 7.0))
    second = Study(space=space, prior=path)
    second.tell(second.ask(5), np.arange(1.0, 6.0))
    assert second.ask()
    other = ParameterSpace({"layers": Integers(1, 5)}, name="other")
    with pytest.raises(ValueError, match="prior: expected a study of space other or of one that"):
        Study(space=other, prior=path)


def test_what_is_no_earlier_study_is_refused(tmp_path, first):
    with pytest.raises(OSError, match=r"nothing\.jsonl"):
        study(prior=tmp_path / "nothing.jsonl")
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(JournalError, match="expected a journal"):
        study(prior=tmp_path / "empty.jsonl")
    with pytest.raises(TypeError, match="prior: expected with a space only"):
        Study(searches.make("tw-2g", SPACE), prior=first)
    with pytest.raises(TypeError, match="features: expected with a space only"):
        Study(searches.make("tw-2g", SPACE), features=len)
    lines = first.read_text().splitlines(keepends=True)
    header = json.loads(lines[0])
    header["search"]["domain"]["space"] = "unheard-of"
    first.write_text(json.dumps(header) + "\n" + "".join(lines[1:]))
    with pytest.raises(ValueError, match="one of 'unheard-of'"):
        study(prior=first)
