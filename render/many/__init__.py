"""Many films: the variants of one, and films on many machines."""
