"""The tuner beside FLAML, AutoGluon, Optuna, hyperopt and random search: ``make bench-tuning``."""
