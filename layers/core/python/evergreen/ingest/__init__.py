"""Ingest: files at a source become a dataset version and its quality report."""

from evergreen.ingest.dataset import ingest

__all__ = ["ingest"]
