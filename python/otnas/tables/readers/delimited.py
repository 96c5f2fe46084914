"""Users' own tables: CSV or Parquet with a column of architectures and columns of results.

What the numbers mean is declared, never guessed: accuracy or error, percent or fraction.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from otnas.spaces import Space
from otnas.tables.readers.bounded import reading, shown_text
from otnas.tables.readers.declared import Columns, Meaning, Tolerance
from otnas.tables.readers.rows import Source, assemble
from otnas.tables.table import Table

__all__ = ["Columns", "Meaning", "Tolerance", "read_csv", "read_parquet"]


def read_csv(
    path: Path,
    space: str | Space,
    columns: Columns,
    meaning: Meaning,
    *,
    name: str,
    tolerance: Tolerance | None = None,
    delimiter: str = ",",
) -> Table:
    r"""Read a CSV file whose first line names the columns.

    Parameters
    ----------
    path : Path
    space : str or Space
    columns : Columns
    meaning : Meaning
    name : str
        Name of the table.
    tolerance : Tolerance, optional
        By default, a file with duplicate or unknown architectures is refused.
    delimiter : str, default ","

    Raises
    ------
    ValueError
        If a column is missing, a value is not a number or outside the declared range, or rows are
        refused; the message counts and lists them.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> text = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    >>> _ = Path("mine.csv").write_text(f"cell,accuracy\n{text},0.91\n")
    >>> table = read_csv(
    ...     Path("mine.csv"),
    ...     "nasbench201",
    ...     Columns(arch="cell", valid="accuracy"),
    ...     Meaning(unit="fraction", metric="accuracy"),
    ...     name="mine",
    ... )
    >>> table.validation_error.round(2)
    array([9.])
    """
    with reading(path, "CSV file"):
        return assemble(
            _csv_source(path, columns, delimiter), space, columns, meaning, name, tolerance
        )


def _csv_source(path: Path, columns: Columns, delimiter: str) -> Source:
    texts: dict[str, list[str]] = {column: [] for column in _wanted(columns)}
    lines: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(reader, [])
            places = _places(path, header, list(texts))
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise ValueError(
                        f"{path}, line {reader.line_num}: expected {len(header)} values, "
                        f"got {len(row)}"
                    )
                for column, place in places:
                    texts[column].append(row[place])
                lines.append(reader.line_num)
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no CSV file: {error}") from error
    archs = texts[columns.arch]
    values = {
        metric: _numbers(path, column, texts[column], lines)
        for metric, column in columns.of_metrics.items()
    }
    return Source(path, archs, values, lines)


def read_parquet(
    path: Path,
    space: str | Space,
    columns: Columns,
    meaning: Meaning,
    *,
    name: str,
    tolerance: Tolerance | None = None,
) -> Table:
    """Read a Parquet file; parameters and errors as `read_csv`.

    Raises
    ------
    ImportError
        If PyArrow is not installed; the message has the command that installs it.

    Examples
    --------
    >>> table = read_parquet(
    ...     Path("mine.parquet"),
    ...     "nasbench201",
    ...     Columns(arch="cell", valid="accuracy"),
    ...     Meaning(unit="fraction", metric="accuracy"),
    ...     name="mine",
    ... )  # doctest: +SKIP
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("Parquet files need PyArrow: pip install 'otnas[parquet]'") from error
    with reading(path, "Parquet file"):
        source = _parquet_source(path, columns, pyarrow)
        return assemble(source, space, columns, meaning, name, tolerance)


def _parquet_source(path: Path, columns: Columns, pyarrow: ModuleType) -> Source:
    wanted = _wanted(columns)
    try:
        with path.open("rb") as stream, pyarrow.parquet.ParquetFile(stream) as file:
            _places(path, file.schema_arrow.names, wanted)
            content = file.read(columns=wanted)
    except FileNotFoundError:
        raise
    except (pyarrow.ArrowException, OSError) as error:
        problem = shown_text(error)
        raise ValueError(f"{path} is no Parquet file, or damaged: {problem}") from error
    lines = range(1, content.num_rows + 1)
    values = {}
    for metric, column in columns.of_metrics.items():
        try:
            numbers = content[column].cast(pyarrow.float64())
        except pyarrow.ArrowException as error:
            raise ValueError(
                f"{path}, column {column!r}: expected numbers ({shown_text(error)})"
            ) from error
        values[metric] = np.asarray(numbers.to_numpy(), dtype=np.float64)
        _require_finite(path, column, values[metric], lines)
    return Source(path, content[columns.arch].to_pylist(), values, lines)


def _wanted(columns: Columns) -> list[str]:
    if columns.valid is None and columns.test is None:
        raise ValueError("columns: expected a validation or a test column, got neither")
    return list(dict.fromkeys((columns.arch, *columns.of_metrics.values())))


def _places(path: Path, header: Sequence[str], wanted: list[str]) -> list[tuple[str, int]]:
    for column in wanted:
        if list(header).count(column) != 1:
            columns = shown_text(list(header))
            problem = "no column" if column not in header else "more than one column"
            raise ValueError(f"{path} has {problem} {column!r}; its columns are {columns}")
    return [(column, list(header).index(column)) for column in wanted]


def _numbers(
    path: Path, column: str, texts: list[str], lines: Sequence[int]
) -> npt.NDArray[np.float64]:
    values = np.empty(len(texts))
    for row, text in enumerate(texts):
        try:
            if "_" in text or not text.isascii():  # Python's notation, nobody else's
                raise ValueError
            values[row] = float(text)
        except ValueError:
            raise ValueError(
                f"{path}, line {lines[row]}, column {column!r}: expected a number, "
                f"got {shown_text(repr(text))}"
            ) from None
    _require_finite(path, column, values, lines)
    return values


def _require_finite(
    path: Path, column: str, values: npt.NDArray[np.float64], lines: Sequence[int]
) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ValueError(
            f"{path}, column {column!r}: {len(bad)} values are missing or not finite, "
            f"the first on line {lines[bad[0]]}"
        )
