"""Names of channels of the bestiary's packaged weights, for those that are known by what they dream."""

from __future__ import annotations

OF = "7a0f7ea4052cccdb"  # the first digits of the sha256 of the weights whose channels these are
CHANNELS: dict[str, dict[str, int]] = {
    "strokes": {"peony": 4, "flame": 7, "bark": 11, "dusk": 14, "iris": 17, "poppy": 22, "sunset": 30, "lime": 31},
    "ornament": {
        "ripples": 8, "knit": 16, "pebbles": 17, "reeds": 18, "tiger": 21, "beads": 23, "rain": 25, "birch": 40, "craters": 44,
        "shimmer": 49, "flecks": 50, "embers": 54, "silk": 61,
    },
    "texture": {
        "petals": 1, "flames": 3, "confetti": 11, "honey": 13, "moss": 18, "sequins": 19, "coral": 26, "cobbles": 28,
        "bubbles": 35, "limpets": 37, "plumage": 38, "berries": 51, "fringe": 57, "folds": 62, "twigs": 64,
        "sponge": 82, "weave": 87, "fur": 89, "cells": 93, "bristles": 141,
    },
    "parts": {
        "tiles": 1, "web": 10, "pollen": 12, "fronds": 13, "pupil": 14, "mosaic": 16, "kelp": 38, "shingles": 47,
        "fountains": 48, "feathers": 50, "frost": 51, "agaves": 52, "blossoms": 57, "swirls": 60, "netting": 64, "palms": 65,
        "tendrils": 69, "urchins": 70, "whorls": 71, "reef": 83, "lace": 92, "glyphs": 94, "eyes": 95, "stalks": 96,
        "frills": 102, "contours": 112, "domes": 117, "necklaces": 123, "buttons": 124, "tulips": 127, "thistles": 137,
        "centipedes": 158, "morels": 163, "anemones": 169, "pods": 171, "toadstools": 173, "sockets": 184, "caves": 188,
        "fern": 194, "hollows": 198,
    },
}  # fmt: skip
