"""Palettes by name, that a film's colours may be led to."""

from __future__ import annotations

from collections.abc import Mapping

PALETTES: Mapping[str, tuple[str, ...]] = {
    "ember": ("#1b0f0e", "#5a1d14", "#b3401d", "#ee8434", "#ffd9a0"),
    "sea": ("#081c2b", "#0f4c5c", "#2a8c8c", "#8fd3c8", "#f2f1e4"),
    "moss": ("#141c10", "#34491f", "#6d8237", "#b5bb6a", "#efe9c8"),
    "dusk": ("#1a1433", "#4b2f6b", "#a04d84", "#f08a78", "#ffd6a5"),
    "ice": ("#0e1a2b", "#33567d", "#7fa8cc", "#c4dcec", "#fbfdff"),
    "sepia": ("#20150c", "#5b4128", "#977553", "#cfb592", "#f4ead6"),
}
