"""Showing: what a person sees of a render while it runs and after."""
