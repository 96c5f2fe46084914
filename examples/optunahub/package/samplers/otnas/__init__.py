"""What OptunaHub loads: ``optunahub.load_module("samplers/otnas").OtnasSampler``."""

from otnas.integrations.optuna import OtnasSampler

__all__ = ["OtnasSampler"]
