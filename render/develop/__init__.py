"""Developing. From frames to files: the negative that a film can be resumed from, the prints that people watch, the takes."""
