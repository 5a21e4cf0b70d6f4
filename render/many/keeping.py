"""Keeping. Ticks that were dreamed elsewhere, kept as if they had been dreamed here: news -> the number of each tick kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from render.develop.negative import Negative
from render.develop.take import Take
from render.many.news import Begun, Dreamed, Failed, News, Noted

RECORDED = ("precision", "tile")  # what of a take's record says how its next tick is to be dreamed


def dream_ticks(news: Iterable[News], negative: Negative, take: Take, any_device: bool) -> Iterator[int]:
    """Keep each tick in the negative, and facts in the take's record. Raises what the worker failed of, or keeping."""
    for item in news:
        note_news(item, take, any_device)
        if isinstance(item, Dreamed):
            negative.keep_files(item.files)
            yield item.files.tick


def note_news(news: News, take: Take, any_device: bool) -> None:
    """Write what the news says into the take's record. Raises what the worker failed of; ConfigError as `Take.note_device`."""
    match news:
        case Begun(device, threads):
            take.note_device(device, threads, any_device)
        case Noted(facts):
            take.note(**facts)
        case Failed():
            raise news.error


def record_for_worker(take: Take) -> Mapping[str, Any]:
    """What a worker is told of the take's record."""
    return {key: take.record[key] for key in RECORDED if key in take.record}
