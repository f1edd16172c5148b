"""Answering predictions over HTTP: one function serves every model's champion."""

from evergreen.infer.api import Inference

__all__ = ["Inference"]
