"""Configs. A Config is a film as asked for, together with what was found out about it: what all rooms above this one take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, InstanceOf

from render.config import clock, moving, nodes, paths
from render.config.curve import Curve
from render.config.facts import Facts
from render.config.fingerprint import fingerprint, shown_digest, shows_source, uses_frames
from render.config.model import Settings
from render.config.paths import Rewrite
from render.config.places import Places
from render.config.scalars import NetworkChoice
from render.config.schedule import Schedule
from render.config.section import plain
from render.errors import ConfigError, RenderError
from render.moment import Clock


class Config(Settings):
    """The settings of a film, its numbers moving as its schedule says, and three things that no YAML holds.

    `Config.of` makes one from Settings; nothing is written to it afterwards, `model_copy(update=…)` makes another.
    """

    model_config = ConfigDict(defer_build=True)  # most are made of Settings that were checked: no validator is needed for them

    facts: InstanceOf[Facts] = Field(default_factory=Facts, exclude=True, repr=False)  # what its files say of themselves
    moves: InstanceOf[Schedule] = Field(default_factory=Schedule, exclude=True, repr=False)  # what the file of `schedule` says
    places: InstanceOf[Places] = Field(default_factory=Places, exclude=True, repr=False)  # where its settings stand

    @classmethod
    def of(cls, settings: Settings, facts: Facts, moves: Schedule, places: Places) -> Config:
        """The film that `settings` ask for, moved by the curves of its schedule."""
        moved: Settings = moving.overlay(settings, moves.curves) if moves.curves else settings
        return cls.model_construct(None, **dict(moved), facts=facts, moves=moves, places=places)

    @property
    def clock(self) -> Clock:
        """The two clocks of the film. Of a film there and back they count the way there."""
        return clock.film_clock(self, self.facts)

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of the networks that dream it."""
        return tuple(dict.fromkeys(choice.name for choice in self._network_choices))

    @property
    def cut_short(self) -> bool:
        """Whether the film was asked to go on where its footage has ended."""
        return clock.cut_short(self, self.facts)

    def curves(self) -> Iterator[tuple[str, Curve]]:
        """Every number that may move, with its dotted key."""
        return moving.curves(self)

    @property
    def features(self) -> tuple[str, ...]:
        """The features of its music that move any of its numbers."""
        return moving.features(self)

    @property
    def variables(self) -> frozenset[str]:
        """What moves its numbers: variables that expressions use or keys are counted in, and features of the music."""
        return moving.variables(self)

    @property
    def counts_frames(self) -> bool:
        """Whether a number that moves names the frame, and so moves otherwise at another frame rate."""
        return moving.counts_frames(self)

    @property
    def uses_frames(self) -> bool:
        """Whether another frame rate is another film."""
        return uses_frames(self)

    @property
    def published_networks(self) -> tuple[str, ...]:
        """The networks that it names without a file: their weights come with the program, or can be fetched."""
        return tuple(dict.fromkeys(choice.name for choice in self._network_choices if not choice.weights))

    @property
    def _network_choices(self) -> list[NetworkChoice]:
        return [term.network or self.dream.network for term in self.dream.objective]

    def resolved(self, rewrite: Rewrite | None = None) -> dict[str, Any]:
        """Everything, as plain YAML values: all defaults written out, the seed as drawn.

        rewrite: how the paths of its files are written; absolute if not said.
        """
        settings = paths.with_paths(self, rewrite) if rewrite else self
        values: dict[str, Any] = plain(settings.model_dump(by_alias=True, exclude_none=True))
        # what a package adds is not said where it is not used, so that the film loads where there is no such package
        values["motion"] = {key: value for key, value in values["motion"].items() if key not in self.motion.at_rest()}
        return values

    def yaml(self, rewrite: Rewrite | None = None) -> str:
        """`resolved()` as YAML text, which loads back to the same Config, from the folder where its paths start."""
        return nodes.to_yaml(self.resolved(rewrite))

    def recipe(self, folder: Path | None = None) -> str:
        """The same as a film carries it, which tells no folder's name: paths start in `folder`, the film's own if not said."""
        return self.yaml(paths.without_folders(folder or self.places.folder))

    def fingerprint(self) -> str:
        """SHA-256 of what shapes the picture: no name, no outputs, and the frame rate only where it matters."""
        return fingerprint(self, self.resolved(), self.facts, self.moves)

    @property
    def shown_digest(self) -> str:
        """How the film shows its dream, as a hash; "" where that is all of it, in its own colours."""
        return shown_digest(self, self.facts)

    @property
    def shows_source(self) -> bool:
        """Whether it is shown mixed with its source, or in the colours of that."""
        return shows_source(self)

    def fingerprint_anywhere(self) -> str:
        """The same wherever the film's files lie, and whatever they are called."""
        return fingerprint(self, self.resolved(lambda path: Path("file")), self.facts, self.moves)

    def problem(self, key: str, message: str, hint: str = "", error: type[RenderError] = ConfigError) -> RenderError:
        """The error to raise when what `key` asks for turns out to be impossible; `message` continues "<key> …"."""
        return self.places.refusal(key, message, hint, error)

    def problems(self, faults: Sequence[tuple[str, RenderError]]) -> RenderError:
        """The one error for several such faults, each a key and what its error says of it; the gravest gives the exit code."""
        return self.places.error(faults)
