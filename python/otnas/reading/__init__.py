"""Reading experiments: curves, statistics, plots, reports and exports of their journals.

Nothing here prints; `otnas.commands` does.
"""
