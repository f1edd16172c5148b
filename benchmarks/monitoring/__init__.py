"""Monitoring, measured beside its peers and against what was planted."""
