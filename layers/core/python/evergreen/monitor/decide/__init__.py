"""Decide: from what a check found, and what earlier ones did, to what is done about it."""

from evergreen.monitor.decide.alert import below_gate, needs_alert, with_alert
from evergreen.monitor.decide.contest import ask_contest
from evergreen.monitor.decide.decision import decide
from evergreen.monitor.decide.memory import (
    read_memory,
    remember,
    with_decision,
    write_memory,
)
from evergreen.monitor.decide.settle import brings_back, settle
from evergreen.monitor.decide.situation import Situation

__all__ = [
    "Situation",
    "ask_contest",
    "below_gate",
    "brings_back",
    "decide",
    "needs_alert",
    "read_memory",
    "remember",
    "settle",
    "with_alert",
    "with_decision",
    "write_memory",
]
