"""Decide: from what a check found, and what earlier ones did, to what is done about it."""

from evergreen.monitor.decide.contest import ask_contest
from evergreen.monitor.decide.decision import decide
from evergreen.monitor.decide.memory import read_memory, remember, write_memory
from evergreen.monitor.decide.situation import Situation

__all__ = [
    "Situation",
    "ask_contest",
    "decide",
    "read_memory",
    "remember",
    "write_memory",
]
