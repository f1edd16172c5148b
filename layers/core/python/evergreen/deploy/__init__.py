"""Deploy: a version is put on trial beside the champion, watched, and takes over or goes.

An alias and its audit event are written together or not at all, and only from the state that the
caller saw; so of two changes at once, one wins and the other is told.
"""

from evergreen.champion import promote, rollback
from evergreen.deploy.start import deploy
from evergreen.deploy.watch import watch

__all__ = ["deploy", "promote", "rollback", "watch"]
