"""Runs in the peers' own environments: nothing of Evergreen is imported here."""
