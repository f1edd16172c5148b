"""The infrastructure: four stacks out of one set of settings."""
