"""Forgetting an entity: who or what a row is about.

Rows are removed from feature views, the online store, captures, feedback and scored tables; what
was learned from them is listed, and a certificate says all of it. Each step leaves what a later one
needs to find the rest, so an erasure that is killed is completed by the same one again.
"""

from evergreen.erasure.erase import Found, erase, find
from evergreen.erasure.match import Entity, entity
from evergreen.erasure.world import World

__all__ = ["Entity", "Found", "World", "entity", "erase", "find"]
