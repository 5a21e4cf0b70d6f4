"""Names of channels of the bestiary's packaged weights, for those that are known by what they dream."""

from __future__ import annotations

OF = "6d94bcfc2cd2e712"  # the first digits of the sha256 of the weights whose channels these are
CHANNELS: dict[str, dict[str, int]] = {
    "strokes": {"peony": 4, "flame": 7, "bark": 11, "dusk": 14, "iris": 17, "poppy": 22, "sunset": 30, "lime": 31},
    "ornament": {
        "ripples": 8, "knit": 16, "pebbles": 17, "reeds": 18, "tiger": 21, "beads": 23, "rain": 25, "birch": 40, "craters": 44,
        "shimmer": 49, "flecks": 50, "embers": 54, "silk": 61,
    },
    "texture": {
        "petals": 1, "flames": 3, "confetti": 11, "honey": 13, "moss": 18, "berries": 19, "coral": 26, "cobbles": 28,
        "bubbles": 35, "limpets": 37, "plumage": 38, "leopard": 49, "lilies": 51, "fringe": 57, "folds": 62, "twigs": 64,
        "sponge": 82, "weave": 87, "fur": 89, "cells": 93, "bristles": 141,
    },
    "parts": {
        "wings": 1, "web": 10, "pollen": 12, "fronds": 13, "quills": 38, "petals": 47, "fleece": 51, "scales": 64, "shell": 65,
        "grass": 69, "marigolds": 70, "roses": 71, "honey": 83, "lace": 92, "portholes": 94, "eyes": 95, "buttons": 124,
        "suns": 137, "centipedes": 158, "urchins": 169, "pods": 171, "treetops": 173, "sockets": 184,
        "fern": 194, "hollows": 198,
    },
}  # fmt: skip
