"""Construction: from what was asked for (Config) to what is rendered (Film). `film` has the doors, the rest are its rooms."""

from render.construct.film import build, build_scene

__all__ = ["build", "build_scene"]
