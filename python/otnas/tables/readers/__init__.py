"""Readers of the files that results come in: one module a format, each returns a `Table`."""
