"""Weights by name: which networks' weights can be had, where they lie on this machine, and how they come here."""
