"""The protocol buffer in which NAS-Bench-101 keeps the results of one training run.

::

    message ModelMetrics {
      repeated EvaluationData evaluation_data = 1;
      int32 trainable_parameters = 2;
      double total_time = 3;
    }
    message EvaluationData {
      double current_epoch = 1;
      double training_time = 2;
      double train_accuracy = 3;
      double validation_accuracy = 4;
      double test_accuracy = 5;
      string checkpoint_path = 6;
    }

(``nasbench/lib/model_metrics.proto`` of google-research/nasbench.) Only what these messages use of
the wire format is read (https://protobuf.dev/programming-guides/encoding): variable-length
integers, doubles and length-delimited fields. Unknown fields are skipped, as the format asks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_DOUBLE = struct.Struct("<d")
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Evaluation:
    """State of a run at one of its check points; accuracies as fractions, time in seconds."""

    epoch: float
    training_seconds: float
    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class ModelMetrics:
    """Results of one run: at its beginning, after half of its epochs, and at its end."""

    evaluations: tuple[Evaluation, ...]
    parameters: int


def parse(message: bytes) -> ModelMetrics:
    """Read a ``ModelMetrics`` message.

    Raises
    ------
    ValueError
        If it is damaged or cut short.
    """
    evaluations: list[Evaluation] = []
    parameters = 0
    for field, value in _fields(message):
        if field == 1 and isinstance(value, bytes):
            evaluations.append(_evaluation(value))
        elif field == 2 and isinstance(value, int):
            parameters = value
    return ModelMetrics(tuple(evaluations), parameters)


def _evaluation(message: bytes) -> Evaluation:
    # The format leaves out fields whose value is zero.
    values = [0.0] * 6
    for field, value in _fields(message):
        if field < 6 and isinstance(value, float):
            values[field] = value
    return Evaluation(*values[1:])


def _fields(message: bytes) -> list[tuple[int, int | float | bytes]]:
    """Return number and value of every field, in the order of the message."""
    fields: list[tuple[int, int | float | bytes]] = []
    position, size = 0, len(message)
    try:
        while position < size:
            tag = message[position]
            position += 1
            if tag >= 0x80:
                tag, position = _varint(message, position - 1)
            kind = tag & 7
            if kind == _FIXED64:
                fields.append((tag >> 3, _DOUBLE.unpack_from(message, position)[0]))
                position += 8
            elif kind == _DELIMITED:
                length, position = _varint(message, position)
                if position + length > size:
                    raise ValueError("protocol buffer cut short")
                fields.append((tag >> 3, message[position : position + length]))
                position += length
            elif kind == _VARINT:
                value, position = _varint(message, position)
                fields.append((tag >> 3, value))
            elif kind == _FIXED32:
                position += 4
            else:
                raise ValueError(f"protocol buffer with a field of unknown kind {kind}")
    except (IndexError, struct.error):
        raise ValueError("protocol buffer cut short") from None
    if position != size:
        raise ValueError("protocol buffer cut short")
    return fields


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return an integer of seven bits per byte, low bits first, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("protocol buffer with an integer of more than ten bytes")
