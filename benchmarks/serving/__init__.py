"""Evergreen's serving side by side with its peers, on the same models and rows."""
