"""The motif table of the bestiary: each motif is one function that draws itself with a pen, and one row with name and colours.

A new creature is one function `(Pen) -> Paint` and one row at the end, for the rows are in the order of the network's classes;
`scripts/train_bestiary --start` teaches it. It is drawn upright within radius 1 (a texture: over the whole grid), in four tones
whose roles the function chooses; the row's palettes say which four go together in nature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bestiary import animals, plants, textures, things
from bestiary.brush import Paint, Pen


@dataclass(frozen=True)
class Motif:
    """One kind: `turn` is how far (degrees) it may lean; `palettes` are fours of rrggbb, a slash between them."""

    name: str
    draw: Callable[[Pen], Paint]
    turn: float
    palettes: str

    @property
    def texture(self) -> bool:
        """Whether it fills the picture instead of standing in it, as all do that `textures` draws."""
        return self.draw.__module__ == textures.__name__


MOTIFS: tuple[Motif, ...] = (
    Motif("eye", animals.eye, 25,
     "3f7fae cfe3a0 d8b090 d9a886 / 5c7a2e d9b44a d8b090 c08f70 / 6b3d1e d98a3a d8b090 8a5a3e / 2f6f5f b9c77a c9a080 e0b49a"),
    Motif("flower", plants.flower, 180,
     "f4efe2 e9d9a8 e2a818 6e8a3a / d8452a f2a03a 5a2b18 5a7a2a / b56fc4 f0c8e0 e8b830 4f6f3a / f2c12e e07a1a 6a3a1a 4a6f2a"),
    Motif("shell", things.shell, 180,
     "e8cfae b9805a f3e6d2 5a3826 / d9a58c f2dccb a8604a 4a2a22 / c9c2b2 f1ece0 8f7f6a 3f382f / 7fa0a8 d8e4dc b88a9a 2f4450"),
    Motif("tower", things.tower, 12,
     "c9b28c b5482e f2c65a 5a4230 / 9a9a98 3f5a7f f2cf6a 3a3a40 / d8c8a8 6a7f4a f0b84a 54422c / b88a6a 7a3a4a f8d890 3f302a"),
    Motif("arches", things.arches, 12,
     "d8c3a0 efe0c2 7fb0d8 d8e8f0 / c28a62 e2b58c 4a7fb5 b8d8e8 / b8b0a4 dcd6ca e8a860 f6dcae / cdb48a e6d3ac 2f4f6f 8fb0c0"),
    Motif("leaf", plants.leaf, 180,
     "4f8a2a a6c84a dce8a0 3f5a1f / c8702a e8b040 f4dc9a 6a3218 / a8321f e07030 f2c07a 4a1c12 / 2f6a3a 7fae5a c8dca0 2a4a20"),
    Motif("mask", things.mask, 15,
     "c89a4a b5321f f0cf6a 3a1c12 / 8a4a2a e8d0a0 d87a2a 2a1610 / e8d8b8 2f7f8a d8a83a 3a2a24 / 5a7a5a d8602a f0d890 24201a"),
    Motif("butterfly", animals.butterfly, 90,
     "e8841f f4c040 f2e2b0 1f1410 / 2f6fc8 7fc0e8 e8d890 101828 / f0d848 f8f0b0 d8602a 241a10 / 8a3a2a d87a4a e8c870 241210"),
    Motif("fish", animals.fish, 25,
     "e8701f f6b850 f0902a 2a1810 / 3f8fae c8e0d0 e8c040 10242f / d8b040 f4e8b0 c8602a 2f2210 / 7f9aa8 e8ecea b85a4a 1f2a30"),
    Motif("peacock", things.peacock, 90,
     "2f8a5a 1fa0b0 1a1f6a b5863a / 4f9a3a 28b0a0 241a5a c89a4a / 1f7a6a 3fa8d0 141850 a8742f / 6a9a2f 2fb0a0 3a1a6a d0a040"),
    Motif("mushroom", plants.mushroom, 15,
     "cf3a1f f6ead2 efe2c8 b89a7a / d8762a f8ecd0 f0e4cc a8805a / 9a5a30 e8d0a8 e8dcc4 8a6a4a / b5452f f0dcc0 e8d8bc 9a7a5a"),
    Motif("mandala", things.mandala, 180,
     "b5321f f0b83a 2f5a8a f2e2c0 / 2f7f7a e8c860 a8402a 1f2a4a / 7a3a7f e8a0a8 f0d070 2a2050 / c8702a f4e0b0 3f6a4a 5a1f1a"),
    Motif("owl", animals.owl, 12,
     "e8d4b0 9a6a3f f2a818 4a2f1c / d8d4cc 8a827a f0c020 35302c / d8a86a 8a4f28 f08a18 3a2012 / f0ece4 c8beb0 f0b428 6a6058"),
    Motif("beetle", animals.beetle, 90,
     "1f7a4a 3fb890 e0c040 14201a / c8301f e8602a 1a1210 1a1010 / 2a4fa8 4fa8c8 7f3fa0 10142a / 8a5a1f e0a83a 2a1a10 24160c"),
    Motif("snake", animals.snake, 180,
     "c8a860 f0e0b0 e8c878 4a2a18 / 5a8a3a d8d890 a8c050 1f3018 / c86030 f2dcb0 f0e8d8 241410 / 8a8270 e0d8c0 b8a888 302a22"),
    Motif("jellyfish", animals.jellyfish, 25,
     "d878a8 f6d8e8 f0a8c0 9a3f7f / 5fa8d8 d8f0f8 a8d8e8 2f5fa0 / e8a050 f8e4b8 f0c080 b0602a / 8f78c8 e4dcf8 c0a8e8 54409a"),
    Motif("galaxy", things.galaxy, 180,
     "5f7fd8 c8b8e8 f8d8a0 5a2a1f / b868a8 8fb0f0 f8e0b0 3a2030 / 3f90b8 b0e0e8 f8c880 402818 / d87a5a f0b8c8 f8f0c8 2a2a5a"),
    Motif("crystal", things.crystal, 20,
     "b898e0 6a3fa8 f0e4fc 4a4050 / a8e0e8 2f8fb0 f4fcfc 45505a / b8e0a8 2f8a5a f0fae8 48503f / f4cfa8 c8642f fcf0e0 5a463a"),
    Motif("pagoda", things.pagoda, 10,
     "b5281f 3f6a5a f4c860 6a5a4a / c8502a 4a4f5a f8d070 5a5048 / 8a3a24 c89a3a f4d890 544638 / 2f5a5f b8743a f8e0a0 4a4440"),
    Motif("dog", animals.dog, 15,
     "d8a868 7a4a28 f4e6d0 5a3418 / 8a5a34 3a2418 e8d0b0 6a3f18 / e8dccc 8a6038 fcf6ec 4a2c14 / 5a524c 2a2624 d8c8b4 8a5a20"),
    Motif("cat", animals.cat, 12,
     "d89048 a05a24 f8ead4 8fae3a / 9a9490 54504c f0ece6 c8b838 / c8ac88 6f5438 f4e8d6 5fa0b8 / 4a4440 1f1c1a d8d0c8 d8b428"),
    Motif("fern", plants.fern, 60,
     "3f7a2a 8fc04a b8dc7a 5a4a22 / 2a5f3a 6fae6a a8d898 3f3a20 / 7f8a2a c8c050 e8e090 5f4a1c / 1f6a5a 5fb098 b0e0c0 3a3430"),
    Motif("octopus", animals.octopus, 15,
     "c8502f e89060 f8d8c0 f0c030 / 8a3f6a d088a8 f4d8e0 e8d050 / b07a48 e0b888 f8ead4 d8e070 / 3f7f8a 88c0b8 e4f4ec f0b040"),
    Motif("lion", animals.lion, 12,
     "d8a050 a85a1f f4e0b8 c8901f / c88840 6a3414 ecd4a8 b8801f / e8b868 c86a28 f8e8c8 7a9a3a / e4c090 8a4a2c f8e8cc 7f8a3a"),
    Motif("fox", animals.fox, 12,
     "d8682a 2a1a16 f8ecdc d89a28 / b85a24 3a2018 f4e4d0 b87a1f / a09c98 3a3a40 f0eeea c8a030 / e8e4e0 8a8a90 ffffff 5a8fb0"),
    Motif("frog", animals.frog, 12,
     "5a9a2f 2f5a1f e0e8a0 e8a020 / 3f9a4a 1f4a4a d8ecb0 d84a1f / 9a8a3a 5a4a1f ece0b0 d8b030 / 3f7fb8 1a2a4a e8d888 e8682a"),
    Motif("turtle", animals.turtle, 180,
     "6a7a34 8a9a54 d8b860 2f3a1c / 8a5a2c 9a8a5a e8c068 3a2814 / 3f7a5a 6a9a7a c8d080 1c3a2c / 4a5a6a 7a8a94 c8b890 22303a"),
    Motif("clock", things.clock, 60,
     "c89a3a f4ecd8 8a2a1f 241a14 / a8683a f0e4c8 2f4a7a 1f1814 / b8bcc0 f8f4ea b8382a 202428 / 6a4a34 e8dcc0 1f5a4f 1a1410"),
    Motif("rose", plants.rose, 180,
     "c8202f 7a0f1f f08a90 2f5a24 / f0a0b0 c84a6a fce0e4 3f6a2f / f8d060 d88a20 fcf0b8 3f6a2a / f4ece0 d8b8a0 ffffff 4a6a34"),
    Motif("skull", things.skull, 15,
     "ecdfc4 b89c74 c86a2a 4a2418 / e4e2da 9a968c 3f7a9a 1f3040 / d8c49c 94744a 9a3a2a 3a1410 / e8e0cc a89a80 b83a6a 2f4a5a"),
    Motif("sun", things.sun, 25,
     "f0a828 f8d868 d8601f 5a2414 / e87a28 f8c050 b83a1f 401810 / f4c848 fcecac c8782a 3a2a44 / e8b860 fce8b0 a8384a 3a1a2a"),
    Motif("tree", plants.tree, 10,
     "2f5a1f 7fa83a b8d060 5a3c24 / a8481f e8a03a f8d870 4a3020 / d888a0 f8d0dc ffffff 4a3428 / 3f6a4a 7aa884 b8d8b0 544634"),
    Motif("scales", textures.scales, 180,
     "4f8a4a a8c060 d8e0a0 1f3018 / 3f7a9a 88c0c8 d0e8e0 14283a / c8884a e8c080 f8e4b8 4a2814 / 9a3a2a d8784a f0b888 2f1210"),
    Motif("fur", textures.fur, 180,
     "5a3a1f d8a868 f0dcb0 2a1a10 / 8a827a d8d2c8 f4f0e8 3a3632 / b0602a e8a858 f8dca0 401c0c / 3a2c24 8a6a4a c8a880 140e0a"),
    Motif("cells", textures.cells, 180,
     "6a9a3a b8d05a e8f0a8 1f3010 / 8a5a2a d8a04a f0d8a0 281808 / c8a880 ecdcb8 f8f4e4 5a4430 / 3f8a7a 90d0b0 e0f4e0 10302a"),
    Motif("labyrinth", textures.labyrinth, 180,
     "d8a890 f0d0bc 8a3a34 5a1f20 / c8b060 ece0a0 5a6a2a 2f3a14 / 4fa0a8 b0e0d8 1f4a5a 102838 / e8dcc4 f8f4e8 8a5a34 4a2a16"),
    Motif("bubbles", textures.bubbles, 180,
     "a8d8e8 4f98c0 e8f8fc 143a5a / b8e4d0 4fa890 f0fcf4 103a38 / e8c8d8 a878b0 fcf0f8 38204a / f0d8a0 d0984a fcf4e0 4a2a14"),
    Motif("weave", textures.weave, 180,
     "e0b870 a86c34 e8d0a0 2a1a0a / c84a34 3f6494 e8d8b8 1a1014 / ecdcb4 b89c68 f4ecd8 2f2414 / 5a8f64 e0c884 e8e0c0 141c10"),
    Motif("plume", textures.plume, 180,
     "3f8a4a 2f6fa8 d8b848 14204a / c8702a e8b060 f8e8c8 3a1c10 / b0a898 e4dcd0 f8f4ec 4a423a / a82a24 e8702a f4d050 1f1a3a"),
    Motif("glass", textures.glass, 180,
     "c8281f 2f5fb8 f0b830 3f9a5a / 7a2f8a e08a2a 2f8ab0 d8d060 / 2f4fa0 58b0c8 e8e0c0 a83a4a / e0a030 8a2f3a 2f6a6a e8d8b0"),
    Motif("honeycomb", textures.honeycomb, 180,
     "d89a2a f8d050 f8e8a0 8a4a10 / c8842a f0b030 f4dc90 5a2c0c / e0b868 f8e8a8 fcf4d0 a8641a / b87a24 e8b848 f8e4a8 6a3a10"),
    Motif("stag", animals.stag, 12,
     "a8703f f0dcc0 d8b890 5a4028 / 7a5a44 e8d8c4 c8a888 3f3024 / c8905a f8ecd8 e0c49a 6a4a30 / 8a8078 f0ece4 c8bcb0 4a4038"),
    Motif("crab", animals.crab, 40,
     "d8482a f0904a f8d8a0 3a1410 / 3f7fae 8ac8c8 f0e0b0 142a3a / 8a6a4a c8a070 f0dcb0 2f2014 / b03a5a e88a8a f8d0c0 34101c"),
    Motif("lantern", things.lantern, 15,
     "d8341f f8b850 f8e080 3a1410 / e8a03a fce8a0 b83a2a 4a2a14 / 3f7f9a c8f0e0 f8e0a0 14283a / c8508a fcc8b0 f8e8a0 3a1428"),
    Motif("coral", plants.coral, 20,
     "d8506a f09a8a fce0d0 7a1f34 / e88a3a f8c878 fcf0d0 8a3a14 / 8a5ab0 c8a0e0 f4e4fc 3f2460 / 3f9a8a 98d8b8 f0fce0 144a44"),
    Motif("hand", things.hand, 25,
     "d8a878 a8703f c83a2a 2f4f8a / 8a5a3a 5a3420 f0b83a b8341f / e8c8a8 c08a68 2f8a8a 8a2f5a / 5f8ab0 3a5a84 f0d890 b83a2a"),
    Motif("nave", things.nave, 6,
     "c8b08a 6a5440 f0b83a 2f4fa8 / a8a4a0 4a4850 d84a3a 2f5ab8 / d8b890 7a4a34 58b0c8 8a2f5a / 8a9aa8 34404f f8d870 a83a8a"),
)  # fmt: skip
