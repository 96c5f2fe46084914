"""Benchmark tables of trained architectures.

>>> from otnas import tables
>>> table = tables.load("default")
>>> table.query(["|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"])[
...     "validation_error"
... ].round(2)
array([13.39])

Readers of the benchmarks' own files are the modules `nasbench101`, `nasbench201`, `nats`, `analog`,
`delimited` and, for objects of the official packages, `live_api`.
"""

from otnas.tables.catalog import TableNotFoundError, load, names, save
from otnas.tables.provenance import Provenance
from otnas.tables.table import METRICS, Entry, Table

__all__ = [
    "METRICS",
    "Entry",
    "Provenance",
    "Table",
    "TableNotFoundError",
    "load",
    "names",
    "save",
]
