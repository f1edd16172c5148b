"""A team's own package, as it is given with -c package=."""
