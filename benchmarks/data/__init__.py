"""Ingest, features, the page and the point-in-time join beside what people use for them."""
