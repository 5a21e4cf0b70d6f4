"""Beginnings. How many of a film's first dreams other takes hold already: (folders of takes, Chain) -> Beginning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from render.develop.chain import Chain, common_ticks, read_chain
from render.develop.negative import Negative
from render.source.tick import NEGATIVE

AT_THE_END = 2  # dreams that know where their film ends: the last, and one that knows how far it is to that


@dataclass(frozen=True)
class Beginning:
    """The first dreams of a film, in the take of another one, or of the same."""

    folder: Path  # of the take
    ticks: int  # how many of its dreams are the film's
    dreamed: int  # how many it has
    length: int  # how many its own film has

    def holds(self, chain: Chain) -> bool:
        """Whether all of the film is there."""
        return self.ticks == len(chain)

    def continues(self, chain: Chain) -> bool:
        """Whether the film can go on in that take, since no dream of it would be lost.

        But for the last two of a film that grew: over footage the last stood on the last picture, and stands elsewhere now.
        """
        grew = len(chain) > self.length == self.dreamed
        return 0 < self.ticks >= self.dreamed - AT_THE_END * grew


def beginning_in(folder: Path, chain: Chain) -> Beginning:
    """What the take in `folder` holds of the film with that chain."""
    own, dreamed = read_chain(folder), Negative(folder / NEGATIVE).count()
    return Beginning(folder, min(common_ticks(chain, own), dreamed), dreamed, len(own))


def longest_beginning(folders: Iterable[Path], chain: Chain) -> Beginning | None:
    """The one that holds most of the film, of equals the first; None if none holds any."""
    beginnings = [beginning_in(folder, chain) for folder in folders]
    longest = max(beginnings, key=lambda beginning: beginning.ticks, default=None)
    return longest if longest and longest.ticks else None


def same_film(folder: Path, chain: Chain) -> bool | None:
    """Whether the take in `folder` is of the film with that chain; None for a take of before chains."""
    own = read_chain(folder)
    return own[-1].digest == chain[-1].digest if own and chain else None
