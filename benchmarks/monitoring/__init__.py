"""Checks of what was served, beside what people use for them."""
