"""
The paper's experiments, in small
=================================

Nguyen et al. (2021) compare methods one at a time and in batches on NAS-Bench tables. ``otnas run
sequential`` and ``otnas run batch`` do so from the command line; this example does the same in
Python with few trials and few queries, and draws the curves of the first.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from otnas.experiments import configuration, runner, searches
from otnas.experiments.task import Failed
from otnas.reading import results

TRIALS, QUERIES = range(3), 60  # 30 and 200 or more in earnest

# %%
# An experiment is a configuration: a table, methods, trials. Journals go to a folder; running the
# same again would go on where it was.
folder = Path(tempfile.mkdtemp())
for preset, methods in {
    "sequential": ("random", "evolution", "tw-2g", "tw-full"),
    "batch": ("random", "top-k:tw-2g", "kdpp-quality:tw-2g"),
}.items():
    chosen = configuration.preset(preset).changed(
        methods=methods, trials=TRIALS, initial=20, queries=QUERIES
    )
    tasks = runner.plan(searches.resolve(chosen), folder)
    for event in runner.run(tasks, folder):
        if isinstance(event, Failed):
            raise RuntimeError(event.message)

# %%
# Results are read from the journals.
experiments = {experiment.name: experiment for experiment in results.load(folder)}
for name, experiment in experiments.items():
    print(f"{name}: mean regret after {QUERIES} queries, percentage points")
    for method in experiment.trials:
        regret = experiment.curves(method)[:, -1]
        print(f"  {method:20s} {regret.mean():.3f}")
    figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for method in experiment.trials:
        axes.plot(experiment.curves(method).mean(axis=0), label=method)
    axes.set(xlabel="queries", ylabel="mean regret, points", title=name)
    axes.set_yscale("symlog", linthresh=0.1)
    axes.legend()
plt.show()
