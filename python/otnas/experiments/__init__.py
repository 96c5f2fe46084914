"""Experiments on benchmark tables: configurations, trials, journals and parallel runs.

Nothing here prints; `otnas.commands` does.
"""
