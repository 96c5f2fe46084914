"""The outcome of a training: a small record of plain values, whatever it returned or raised.

Errors and results of trainings may be of any type, and some cannot even be pickled; none of them
leaves the process in which it arose. An exception that does arrive is therefore never the
training's: it is a fault of the executor, and the trial is lost, not failed.
"""

from __future__ import annotations

import contextlib
import math
import numbers
import os
import platform
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from otnas.study.payload import Payload, unpack
from otnas.study.trial import Run, Trial

Scalar = float | int | str | bool | None

MAX_REASON = 20_000
"""Characters kept of a reason, from its end: tracebacks end with what matters most."""

MAX_TEXT = 1_000
"""Characters kept of a metric that is a text."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes
    ----------
    run : Run
        When and where it ran.
    value : float
        What it returned, finite; NaN if it failed.
    metrics : mapping of str to JSON scalars
        What else it returned.
    reason : str or None
        Why it failed, with the traceback if it raised; None if it did not fail.
    loaded : bool
        Whether the training function could be loaded at all where it was to run.
    """

    run: Run
    value: float = math.nan
    metrics: Mapping[str, Scalar] = field(default_factory=dict)
    reason: str | None = None
    loaded: bool = True


def attempt(payload: Payload, trial: Trial) -> Outcome:
    """Train in this process and return how it ended; of what the training raises, only Ctrl-C is.

    Ctrl-C is for the process, whose trial is then lost.
    """
    started = time.time()
    try:
        train = unpack(payload.data)
    except Exception:
        return Outcome(run_since(started), reason=_traceback(), loaded=False)
    try:
        value, metrics = _checked(train(trial.item, trial))
    except KeyboardInterrupt:
        raise
    except BaseException:  # also SystemExit, and the errors by which other libraries cancel
        return Outcome(run_since(started), reason=_traceback())
    return Outcome(run_since(started), value, metrics)


def run_since(started: float, pid: int | None = None) -> Run:
    """Return the record of a run that ends now in this process, or another one of this host."""
    # Wall clocks may be set back.
    ended = max(started, time.time())
    return Run(started, ended, f"{platform.node()}:{pid or os.getpid()}")


def _checked(result: Any) -> tuple[float, dict[str, Scalar]]:
    metrics: dict[str, Scalar] = {}
    if isinstance(result, Mapping):
        if "value" not in result:
            names = ", ".join(map(str, result)) or "nothing"
            raise ValueError(
                f'train: expected a mapping with the key "value", got one with {names}'
            )
        metrics = {_text(key): _scalar(entry) for key, entry in result.items() if key != "value"}
        result = result["value"]
    number = _item(result)
    if isinstance(number, bool) or not isinstance(number, numbers.Real):
        raise TypeError(
            "train: expected a real number or a mapping with one under the key "
            f'"value", got {type(result).__name__}'
        )
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"train: expected a finite value, got {value}")
    return value, metrics


def _item(value: Any) -> Any:
    """Return the number in a one-element array of NumPy, PyTorch or others, else the value."""
    if isinstance(value, numbers.Number) and not hasattr(value, "dtype"):
        return value
    if callable(getattr(value, "item", None)) and getattr(value, "size", None) is not None:
        return value.item()
    return value


def _scalar(value: Any) -> Scalar:
    """Return a further metric as a JSON scalar.

    A training may have taken days: an unusual metric is no reason to discard its value. Numbers
    that are not finite become None, and other objects their text.
    """
    with contextlib.suppress(
        Exception
    ):  # an array of several numbers, an integer beyond all floats
        value = _item(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, numbers.Real):
            number = float(value)
            if isinstance(value, numbers.Integral):
                return int(value)
            return number if math.isfinite(number) else None
    return _text(value)


def _text(value: object) -> str:
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:
        text = f"<{type(value).__name__} without a text: {type(error).__name__}>"
    return _encodable(text[:MAX_TEXT])


def _traceback() -> str:
    return _encodable(traceback.format_exc()[-MAX_REASON:])


def _encodable(text: str) -> str:
    """Replace surrogates, which cannot be encoded in UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
