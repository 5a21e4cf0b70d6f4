"""What somebody else may add to render: a motion, an objective, and a network that lies in a file of its own."""

from render.parts import LAYER, motion, needed, network, number, objective, row, torch


@motion(number("of the height per second", -10, 10), row(0, "how fast the picture leans, right"))
def shear(xy, slope, when):
    """The picture leans to the right, by `slope` of its height a second."""
    return slope * torch.stack((-xy[..., 1], torch.zeros_like(xy[..., 0])), dim=-1)


@objective(
    "Dreams more of whatever is the same on its left and on its right.",
    {"symmetry": (number("", 0, 1), needed("how strictly")), "layer": (LAYER, needed("the layer that is mirrored"))},
)
def symmetry(features, view, symmetry):
    """How loud the features are, less how much they differ from themselves in a mirror."""
    return features.square().mean() - symmetry * (features - features.flip(-1)).square().mean()


pebbles = network("leaning_networks:load")
