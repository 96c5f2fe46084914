"""What spaces of parameters refuse, and how they say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from otnas.spaces import Categorical, Floats, Integers, Ordered, ParameterSpace, sequence_of

A = Integers(1, 3)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Ordered([]), TypeError, "values: expected a sequence of at least one"),
        (lambda: Ordered("abc"), TypeError, "values: expected a sequence"),
        (lambda: Ordered([1, 1]), ValueError, "values: expected different ones"),
        (lambda: Ordered([1, "1"]), ValueError, "values: expected different ones"),
        (lambda: Ordered([[1]]), TypeError, "values: expected text, numbers"),
        (lambda: Ordered(["a=b"]), ValueError, "values: expected texts without"),
        (lambda: Ordered([""]), ValueError, "values: expected texts without"),
        (lambda: Ordered([float("nan")]), ValueError, "and no NaN"),
        (lambda: Ordered([1, 2], scale="linear"), ValueError, "scale: unknown scale 'linear'; did"),
        (lambda: Ordered(["a"], scale="value"), TypeError, "values: expected numbers for scale="),
        (lambda: Ordered([2, 1], scale="value"), ValueError, "values: expected increasing n"),
        (lambda: Ordered([0, 1], scale="log"), ValueError, "values: expected increasing posi"),
        (lambda: Ordered([1], when=3), TypeError, "when: expected a mapping or a function, got i"),
        (lambda: Integers(1.0, 2), TypeError, r"low: expected an integer, got 1\.0"),
        (lambda: Integers(1, True), TypeError, "high: expected an integer, got True"),
        (lambda: Integers(1, 10**30), ValueError, "step: expected one with at most 1,000,000 v"),
        (
            lambda: Floats(0, 1, points=10**30),
            ValueError,
            "points: expected an integer from 2 to 10",
        ),
        (lambda: Integers(2, 1), ValueError, "high: expected an integer >= 2, got 1"),
        (lambda: Integers(1, 2, step=0), ValueError, "step: expected an integer >= 1, got 0"),
        (lambda: Floats(0, 1, points=1), ValueError, "points: expected an integer from 2"),
        (lambda: Floats(1, 1, points=2), ValueError, r"low: expected below high \(1\), got 1"),
        (lambda: Floats(0, 1, points=2, log=True), ValueError, "low: expected positive and bel"),
        (lambda: Floats(0, float("inf"), points=2), TypeError, "high: expected a finite number"),
        (lambda: Categorical(["a"], alpha=1.0), ValueError, r"alpha: expected a number in \(0, 1"),
        (lambda: Categorical({"f": ["a"], "g": ["a"]}), ValueError, "values: expected different"),
        (lambda: Categorical({}), TypeError, "values: expected a sequence of at least one value"),
        (lambda: Categorical(3), TypeError, "values: expected a sequence .*, got 3"),
        (lambda: Categorical("ab"), TypeError, "values: expected a sequence .*, got 'ab'"),
        (
            lambda: Categorical({"f": "ab"}),
            TypeError,
            r"values\['f'\]: expected a sequence, got 'a",
        ),
        (lambda: sequence_of("l", ["a"], (-1, 2)), ValueError, "lengths: expected at least 0"),
        (lambda: ParameterSpace({}), TypeError, "parameters: expected a mapping of at least one"),
        (lambda: ParameterSpace([A]), TypeError, "parameters: expected a mapping"),
        (
            lambda: ParameterSpace({"a": [1, 2]}),
            TypeError,
            r"\['a'\]: expected a Parameter .* list",
        ),
        (lambda: ParameterSpace({"a,b": A}), ValueError, "parameters: expected names without"),
        (lambda: ParameterSpace({1: A}), ValueError, "parameters: expected names .* got 1"),
        (lambda: ParameterSpace({"a": A}, valid=3), TypeError, "valid: expected a function"),
        (
            lambda: ParameterSpace({"b": Integers(1, 2, when={"a": 1}), "a": A}),
            ValueError,
            r"parameters\['b'\]\.when: expected earlier parameters \(\), got 'a'",
        ),
        (
            lambda: ParameterSpace({"a": A, "b": Integers(1, 2, when={"a": 7})}),
            ValueError,
            r"parameters\['b'\]\.when\['a'\]: expected some of 1, 2, 3, got 7",
        ),
        (
            lambda: ParameterSpace({"a": A, "b": Integers(1, 2, when=lambda c: c["a"] > 1)}),
            ValueError,
            r"parameters\['b'\]\.when: expected earlier parameters \(a\), got 'c'",
        ),
        (
            lambda: ParameterSpace({"a": A, "b": Integers(1, 2, when=lambda *a: True)}),
            TypeError,
            r"parameters\['b'\]\.when: expected a function whose arguments are named",
        ),
    ],
)
def test_arguments(make: Callable[[], object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


SPACE = ParameterSpace(
    {"a": A, "b": Categorical(["x", "y"], when={"a": [2, 3]})}, valid=lambda c: c["a"] < 3
)


@pytest.mark.parametrize(
    ("configuration", "error", "message"),
    [
        (3, TypeError, "configuration: expected a dict, got int"),
        ({}, ValueError, "configuration: expected a value of 'a', got none"),
        ({"a": 4}, ValueError, r"configuration\['a'\]: expected one of 1, 2, 3, got 4"),
        ({"a": True}, ValueError, r"configuration\['a'\]: expected one of 1, 2, 3, got True"),
        ({"a": [1]}, ValueError, r"configuration\['a'\]: expected one of 1, 2, 3, got \[1\]"),
        ({"a": 1, "b": "x"}, ValueError, "configuration: expected only what applies, got 'b'"),
        ({"a": 2}, ValueError, "configuration: expected a value of 'b', got none"),
        ({"a": 1, "c": 1}, ValueError, "configuration: expected the parameters a, b, got 'c'"),
        ({"a": 3, "b": "x"}, ValueError, "expected one that is valid in space parameters, got a=3"),
    ],
)
def test_configurations(configuration: Any, error: type[Exception], message: str) -> None:
    assert not SPACE.is_valid(configuration)
    for call in (SPACE.format, SPACE.neighbours, SPACE.hash):
        with pytest.raises(error, match=message):
            call(configuration)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text: expected the form"),
        ("a", "text: expected the form"),
        ("a=1, a=1", "text: expected the form"),
        ("a=x", r"text 'a=x': configuration\['a'\]: expected one of 1, 2, 3, got 'x'"),
        ("a=1, b=x", "expected only what applies, got 'b'"),
        ("c=1, a=1", "expected the parameters a, b, got 'c'"),
    ],
)
def test_texts(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SPACE.parse(text)
    with pytest.raises(TypeError, match="text: expected a string, got int"):
        SPACE.parse(3)  # type: ignore[arg-type]
