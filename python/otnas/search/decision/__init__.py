"""One decision of Bayesian optimisation: which items to try next. Nothing here knows cells."""
