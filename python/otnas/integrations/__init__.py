"""Adapters to other libraries, one module each: ``sklearn``, ``optuna``, ``gpytorch``.

None is imported until asked for: ``from otnas.integrations.optuna import OtnasSampler``. What each
needs comes with the extra of its name: ``pip install 'otnas[optuna]'``.
"""
