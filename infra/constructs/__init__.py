"""The building blocks of the stacks, one to a file."""
