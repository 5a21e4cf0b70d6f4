"""The catalogue: for every name that `network:` takes, which file holds its weights, who has it, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

from render.errors import ConfigError, nearest

FULL = 64  # hexadecimal digits of a sha256
DIGITS = re.compile(r"-([0-9a-f]{8,64})\.\w+$")  # torchvision ends a file's name with the first digits of its sha256

Triple = tuple[float, float, float]

OPEN_MODEL_ZOO = "https://storage.openvinotoolkit.org/repositories/open_model_zoo/public/2022.1"
OXFORD = "http://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe"


@dataclass(frozen=True)
class Preprocessing:
    """What a network expects: (frame * scale - mean) / std, in BGR order if flip; mean and std in the order of its input."""

    mean: Triple
    std: Triple = (1.0, 1.0, 1.0)
    scale: float = 1.0
    flip: bool = False


CAFFE_GOOGLENET = Preprocessing((104.0, 117.0, 123.0), scale=255.0, flip=True)
PLACES = Preprocessing((104.051, 112.514, 116.676), scale=255.0, flip=True)  # the mean of Places, not of ImageNet
CAFFE_VGG = Preprocessing((103.939, 116.779, 123.68), scale=255.0, flip=True)
IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class Archive:
    """A zip that has a file of weights in it."""

    file: str  # its name
    sha256: str  # of the zip
    size: int  # bytes, about


@dataclass(frozen=True)
class Weights:
    """A file of weights that has a name."""

    name: str  # what `network:` and `render weights` call it
    file: str  # its name in the cache
    addresses: tuple[str, ...]  # who has it, in the order in which they are tried
    size: int  # bytes; 0 where nobody states it
    sha256: str  # 64 digits, or the first ones where only those are public, or "" where none are
    licence: str  # as its authors state it
    architecture: str  # one of ours, a name of STAGES in dream/published.py, or the name of torchvision's builder
    preprocessing: Preprocessing | None  # None: torchvision's own for that architecture
    reader: str = ""  # for torchvision's: how its tensors lie in the file, a name of READERS in dream/published.py
    exact: bool = True  # whether the size is that of the file to the byte, or only about it
    archive: Archive | None = None  # what the addresses have instead, where the file is packed in a zip, under its name
    credit: str = ""  # whom to name beside what was made with it, where the licence asks for that

    @property
    def megabytes(self) -> str:
        """The size as one says it."""
        return megabytes(self.size)

    @property
    def download(self) -> Weights:
        """What the addresses have: the file itself, or the zip that it is packed in."""
        if not self.archive:
            return self
        zipped = self.archive
        return replace(self, file=zipped.file, sha256=zipped.sha256, size=zipped.size, exact=False, archive=None)


def megabytes(size: int) -> str:
    """A size as one says it: 54 MB."""
    return f"{ceil(size / 1e6):,} MB" if size else "size unknown"


TORCHVISION = "BSD-3-Clause"  # the licence of torchvision's weights
VGG = "K. Simonyan and A. Zisserman, Visual Geometry Group, University of Oxford (CC BY 4.0)"

# Sizes, hashes and licences are those that the publishers state. Where the bytes are known by their sha256, any host will do.
_ALL = (
    Weights(
        name="inception_v1",
        file="bvlc_googlenet.caffemodel",
        addresses=(
            f"{OPEN_MODEL_ZOO}/googlenet-v1/bvlc_googlenet.caffemodel",
            "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
        ),
        size=53_533_754,
        sha256="6f7101e3a2183738a7125a0c5021ba82a1feb4228c5ca0924d991b6daf6f6fad",
        licence="released for unrestricted use",
        architecture="inception_v1",
        preprocessing=CAFFE_GOOGLENET,
    ),
    Weights(
        name="inception_v1_places365",
        file="googlenet_places365.caffemodel",
        addresses=("http://places2.csail.mit.edu/models_places365/googlenet_places365.caffemodel",),
        size=0,
        sha256="",
        licence="CC BY",
        architecture="inception_v1",
        preprocessing=PLACES,
        credit="GoogLeNet-Places365: B. Zhou, A. Lapedriza, A. Khosla, A. Oliva and A. Torralba, MIT CSAIL (CC BY)",
    ),
    Weights(
        name="inception5h",
        file="tensorflow_inception_graph.pb",
        addresses=("https://storage.googleapis.com/download.tensorflow.org/models/inception5h.zip",),
        archive=Archive("inception5h.zip", "d13569f6a98159de37e92e9c8ec4dae8f674fbf475f69fe6199b514f756d4364", 50_000_000),
        size=53_900_000,
        exact=False,
        sha256="a39b08b826c9d5a5532ff424c03a3a11a202967544e389aca4b06c2bd8aef63f",
        licence="Apache-2.0",
        architecture="inception5h",
        preprocessing=Preprocessing((117.0, 117.0, 117.0), scale=255.0),
    ),
    Weights(
        name="resnet50_robust",
        file="resnet50_l2_eps3.ckpt",
        addresses=("https://huggingface.co/madrylab/robust-imagenet-models/resolve/main/resnet50_l2_eps3.ckpt",),
        size=205_000_000,
        exact=False,
        sha256="380b14e6f9750bffa1447cf7017f65da4dc5ce71a3dd112f107515dcf7b14d9d",
        licence="MIT",
        architecture="resnet50",
        reader="robustness",
        preprocessing=IMAGENET,
    ),
    Weights(
        name="vgg16_caffe",
        file="VGG_ILSVRC_16_layers.caffemodel",
        addresses=(
            f"{OPEN_MODEL_ZOO}/vgg16/VGG_ILSVRC_16_layers.caffemodel",
            f"{OXFORD}/VGG_ILSVRC_16_layers.caffemodel",
        ),
        size=553_432_081,
        sha256="a6196bc498e45ea4cb2637114ae8db9410cf1556fd60a55ae93272371beba197",
        licence="CC BY 4.0",
        architecture="vgg16",
        reader="caffe_vgg",
        preprocessing=CAFFE_VGG,
        credit=f"VGG-16: {VGG}",
    ),
    Weights(
        name="vgg19_caffe",
        file="VGG_ILSVRC_19_layers.caffemodel",
        addresses=(
            f"{OPEN_MODEL_ZOO}/vgg19/VGG_ILSVRC_19_layers.caffemodel",
            f"{OXFORD}/VGG_ILSVRC_19_layers.caffemodel",
        ),
        size=574_671_192,
        sha256="31b4c627c40c6ee151325f079b7ac557fddbd1f79af932888796127a4f4f6954",
        licence="CC BY 4.0",
        architecture="vgg19",
        reader="caffe_vgg",
        preprocessing=CAFFE_VGG,
        credit=f"VGG-19: {VGG}",
    ),
)
CATALOGUE: dict[str, Weights] = {weights.name: weights for weights in _ALL}


def entry(name: str) -> Weights:
    """The weights of that name, torchvision's classifiers included. ConfigError if nobody has any."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    import torchvision.models as models  # takes seconds, so only who names one of its networks waits for it

    names = models.list_models(models)
    if name not in names:
        hint = nearest(name, [*CATALOGUE, *names]) or f"known: {' '.join(CATALOGUE)} and torchvision's classifiers"
        raise ConfigError(f'there are no weights called "{name}"', hint)
    return _torchvision(name, models.get_model_weights(name).DEFAULT)


def from_torchvision(file: str) -> Weights | None:
    """The weights that torchvision publishes under that file name, if it does."""
    import torchvision.models as models

    enums = {name: models.get_model_weights(name).DEFAULT for name in models.list_models(models)}
    return next((_torchvision(name, enum) for name, enum in enums.items() if enum.url.endswith(f"/{file}")), None)


def _torchvision(name: str, enum: object) -> Weights:
    """What torchvision says of a classifier's best weights: its address, about how many bytes, and digits of the hash."""
    url, meta = enum.url, enum.meta  # type: ignore[attr-defined]
    file = url.rpartition("/")[2]
    digits = DIGITS.search(file)
    return Weights(
        name=name,
        file=file,
        addresses=(url,),
        size=round(meta.get("_file_size", 0) * 2**20),  # torchvision counts in units of 2^20 bytes, rounded
        exact=False,
        sha256=digits[1] if digits else "",
        licence=TORCHVISION,
        architecture=name,
        reader="torchvision",
        preprocessing=None,
    )


def credits(names: Iterable[str]) -> tuple[str, ...]:
    """Whom to name beside a film that these networks dreamed, where a licence asks for it: for run.json and the gallery."""
    return tuple(CATALOGUE[name].credit for name in dict.fromkeys(names) if name in CATALOGUE and CATALOGUE[name].credit)
