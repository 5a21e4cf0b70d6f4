"""Objectives. An objective is something to dream of: its settings, and how they are asked of a network.

To add one that looks at the activations of one layer, write its score here and declare it in the lines above:
`@objective(what it dreams, settings)`. One that must know the network's channels or classes is a `@bound_objective`, which
gets its settings (a section, read), the layer's name and the network; dream/objective.py has the scores of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from render.config.parts import bound_objective
from render.config.section import needed, row
from render.config.setting_types import CHANNEL, CHANNELS, CLASSES, FILE, GARDEN, LAYER, WEIGHT, direction_of, number, pair
from render.errors import ConfigError
from render.parts.late import binding, image, objective, torch

if TYPE_CHECKING:
    from render.dream.binding import Binding
    from render.dream.network import Network

GUIDE = 256  # a guide is looked at with as many pixels as a square of this side
MOST_GUIDE = 2**20  # pixels of one that is narrow, and grows until the network can see it


@bound_objective(
    "Dreams more of whatever a layer of the network sees.",
    {"layer": (LAYER, needed("the layer, as `render layers NETWORK` lists them"))},
)
def layer(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """All of a layer."""
    return binding.always(objective.layer(network, layer))


@bound_objective(
    "Dreams what single channels of a layer see.",
    {
        "channels": (CHANNELS, needed("the channels, from 0, or by names they have")),
        "layer": (LAYER, needed("the layer they belong to")),
    },
)
def channels(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """Some channels of a layer."""
    numbers = binding.channel_numbers(term.channels, layer, network, device)
    return binding.always(objective.channels(network, layer, numbers))


@bound_objective(
    "Dreams things of one class, or of several at once.",
    {"class": (CLASSES, needed("the class, as `render classes NETWORK` lists them"))},
)
def class_(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """Classes, by their labels."""
    return binding.always(objective.classes(network, network.all_labels(term.class_)))


@bound_objective(
    "Dreams what a picture shows: wherever something looks a little like a part of it, more like that part.",
    {
        "guide": (FILE, needed("the picture")),
        "layer": (LAYER, needed("the layer in which parts are compared: low for touch, high for things")),
    },
)
def guide(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """The parts of a picture, as a layer sees them."""
    height, width = image.image_size(term.guide)
    scale = max(GUIDE / (height * width) ** 0.5, network.min_side / min(height, width))
    if scale**2 * height * width > MOST_GUIDE:
        raise ConfigError(f"is {width}x{height}, too narrow for {network.name} to look at", "crop it", continues=True)
    picture = image.picture(term.guide, "stretch", (round(height * scale), round(width * scale))).to(device)
    with torch.no_grad():
        features = network.extractor([layer], device)(picture)[layer]
        return binding.always(objective.guide(network, layer, features))


@bound_objective(
    "Dreams what one channel sees, in one place.",
    {
        "neuron": (CHANNEL, needed("the channel, from 0, or by a name it has")),
        "layer": (LAYER, needed("the layer it belongs to")),
        "at": (pair("x", "y", number("of the frame", 0, 1)), row([0.5, 0.5], "where; [0, 0] is the top left corner")),
    },
)
def neuron(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """A channel in a place that may move."""
    (channel,) = binding.channel_numbers([term.neuron], layer, network, device)
    x, y = term.at
    return binding.changing(lambda moment: objective.neuron(network, layer, channel, (x(moment), y(moment))))


@bound_objective(
    "Dreams a mixture of channels: more of some and less of others, in every place.",
    {
        "direction": (
            direction_of(WEIGHT),
            needed("how much of each channel, below 0 less: {3: 1, 17: -0.5}, or by names they have"),
        ),
        "layer": (LAYER, needed("the layer they belong to")),
    },
)
def direction(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """Channels in shares that may move."""
    numbers = binding.channel_numbers(list(term.direction), layer, network, device)
    shares = dict(zip(numbers, term.direction.values(), strict=True))
    return binding.changing(
        lambda moment: objective.direction(network, layer, {channel: share(moment) for channel, share in shares.items()})
    )


@bound_objective(
    "Every region of the picture dreams its own kind, and new kinds open as the camera moves in.",
    {
        "garden": (GARDEN, needed("the kinds that grow: all, or a list")),
        "layer": (LAYER, row(None, "a layer, whose channels then grow instead of classes")),
        "size": (number("frame heights", 0.01, 10), row(0.4, "how large a region is")),
        "drift": (number("regions per second", 0, 100), row(0.1, "how fast regions change into others")),
        "sharpness": (number("", 0, 100), row(10, "how clearly regions part: 0 blends all, 20 cuts")),
    },
)
def garden(term: Any, layer: str, network: Network, device: torch.device) -> Binding:
    """A garden of channels or classes, which moves and grows with the film's world."""
    count, cells = binding.layer_shape(layer, network, device)
    if cells == 1:
        gives = f"{network.name} gives {layer} for the picture as a whole"
        raise ConfigError(f"needs a map, and {gives}", "name another layer", continues=True)
    everything = term.garden == "all"
    kinds = list(range(count)) if everything else binding.channel_numbers(term.garden, layer, network, device)
    return binding.Binding(
        lambda moment, weights: objective.garden(network, layer, kinds, weights),
        kinds=len(kinds),
        bed=lambda moment: binding.Bed(term.size(moment), term.drift(moment), term.sharpness(moment)),
    )
