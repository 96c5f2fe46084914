from __future__ import annotations

import sys

import pytest

from otnas.experiments import configuration as configurations
from otnas.experiments import searches
from otnas.experiments.configuration import ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_presets_are_those_of_the_papers_code():
    sequential, batch = map(configurations.preset, ("sequential", "batch"))
    assert (sequential.initial, sequential.queries, sequential.batch_size) == (20, 200, 1)
    assert (batch.initial, batch.queries, batch.batch_size) == (50, 50 + 50 * 5, 5)
    assert sequential.trials == batch.trials == range(5)


@pytest.mark.parametrize("name", configurations.PRESETS)
def test_presets_can_be_copied_and_their_methods_exist(tmp_path, name):
    path = tmp_path / "my.toml"
    path.write_text(configurations.preset_text(name))
    read = configurations.read(path)
    assert read == configurations.preset(name)
    resolved = searches.resolve(read)
    assert set(resolved.settings) == set(read.methods)


def test_keys_left_out_have_the_values_of_the_preset(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('name = "mine"\nqueries = 60\n[settings.evolution]\npopulation = 5\n')
    read = configurations.read(path)
    assert (read.name, read.queries, read.initial) == ("mine", 60, 20)
    assert searches.resolve(read).settings["evolution"]["population"] == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quries = 5", r"my\.toml: unknown key 'quries'; did you mean 'queries'\?"),
        ("zzzzzz = 5", r"my\.toml: unknown key 'zzzzzz'; .*valid: name, search_space"),
        ("queries = 'x'", r"queries: expected an integer, got 'x'"),
        ("queries = true", r"queries: expected an integer, got True"),
        ("queries = 10", r"initial: expected at most queries \(10\), got 20"),
        ("batch_size = 0", r"batch_size: expected an integer >= 1, got 0"),
        ("trials = '5'", r"trials: expected FIRST:END such as '0:5', got '5'"),
        ("trials = '5:5'", r"trials: expected FIRST:END"),
        ("trials = 5", r"trials: expected FIRST:END such as '0:5', got 5"),
        ("methods = 'tw'", r"methods: expected a list of strings, got 'tw'"),
        ("methods = [1]", r"methods: expected a list of strings, got 1"),
        ("methods = []", r"methods: expected at least one, got none"),
        ("methods = ['tw', 'tw']", r"methods: 'tw' is there twice"),
        ("name = '../x'", r"name: expected letters, digits"),
        ("candidates = 3", r"candidates: expected a string, got 3"),
        ("prior = 3", r"prior: expected texts, got 3"),
        ("prior = [3]", r"prior: expected texts TABLE:NUMBER or journals, got \[3\]"),
        ("settings = 3", r"settings: expected sections, got 3"),
        ("settings.tw = 3", r"settings\.tw: expected a section, got 3"),
        ("queries = ", r"my\.toml: expected TOML, Invalid value \(at "),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    path = tmp_path / "my.toml"
    path.write_text(text + "\n")
    with pytest.raises(ConfigurationError, match=message) as error:
        configurations.read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": ("tw", "evolutoin")}, r"did you mean 'evolution'\?"),
        ({"settings": {"evolution": {"populaton": 3}}}, r"did you mean 'population'\?"),
        ({"settings": {"evolution": {"population": "many"}}}, r"population: expected int, got"),
        ({"settings": {"evolutoin": {}}}, r"did you mean 'evolution'\?"),
        ({"candidates": "spaces"}, r"candidates: .*did you mean 'space'\?"),
        ({"prior": ("nowhere.jsonl",)}, r"prior: nowhere.jsonl: .*No such file"),
        ({"prior": ("no-such-table:10",)}, r"prior: no-such-table:10: .*no-such-table"),
        ({"prior": ("default:1",)}, r"prior: default:1: expected from 2 to 2000 results, got 1"),
    ],
)
def test_unknown_methods_and_settings_are_refused_with_the_nearest(changes, message):
    preset = configurations.preset("sequential")
    with pytest.raises(ConfigurationError, match=message):
        searches.resolve(preset.changed(**changes))


def test_not_utf8(tmp_path):
    path = tmp_path / "my.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"my\.toml: expected a TOML file in UTF-8"):
        configurations.read(path)


def test_preset_files_name_every_key_there_is():
    for name in configurations.PRESETS:
        keys = set(tomllib.loads(configurations.preset_text(name)))
        assert keys | {"settings"} == set(configurations.Configuration.__dataclass_fields__)
