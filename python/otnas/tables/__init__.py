"""Benchmark tables of trained architectures."""

from otnas.tables.table import METRICS, Provenance, Table

__all__ = ["METRICS", "Provenance", "Table"]
