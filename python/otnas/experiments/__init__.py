"""Experiments on benchmark tables: trials, journals and what the terminal shows."""
