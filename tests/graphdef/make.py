"""Makes graph.pb and expected.npz with TensorFlow itself, which the project does not depend on: python tests/graphdef/make.py

A graph with the nodes of inception5h, by their names and in their order, but few channels and random weights; and what
TensorFlow computes with it for a picture whose sides are no powers of two.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf

FOLDER = Path(__file__).parent
BLOCKS = dict.fromkeys(("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"), (4, 3, 5, 2, 3, 2))  # channels of the branches
SIDES = (61, 90)
LAST = (2, 3)  # cells of mixed5b for that picture, of which avgpool0 takes the average
CLASSES = 11

tf.disable_eager_execution()
random = np.random.default_rng(5)


def constant(name: str, shape: tuple[int, ...], size: float) -> tf.Tensor:
    return tf.constant((random.standard_normal(shape) * size).astype(np.float32), name=name)


def convolution(x: tf.Tensor, name: str, kernel: int, channels: int, stride: int = 1) -> tf.Tensor:
    taps = kernel * kernel * x.shape[-1]
    weight = constant(f"{name}_w", (kernel, kernel, x.shape[-1], channels), taps**-0.5)
    bias = constant(f"{name}_b", (channels,), 0.1)
    y = tf.nn.conv2d(x, weight, strides=[1, stride, stride, 1], padding="SAME", name=f"{name}_pre_relu/conv")
    return tf.nn.relu(tf.nn.bias_add(y, bias, name=f"{name}_pre_relu"), name=name)


def pool(x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
    return tf.nn.max_pool(x, [1, 3, 3, 1], [1, stride, stride, 1], "SAME", name=name)


def normalise(x: tf.Tensor, name: str) -> tf.Tensor:
    return tf.nn.lrn(x, depth_radius=2, bias=2.0, alpha=0.02, beta=0.75, name=name)


def block(x: tf.Tensor, name: str, channels: tuple[int, ...]) -> tf.Tensor:
    one, narrow3, three, narrow5, five, pooled = channels
    branches = [
        convolution(x, f"{name}_1x1", 1, one),
        convolution(convolution(x, f"{name}_3x3_bottleneck", 1, narrow3), f"{name}_3x3", 3, three),
        convolution(convolution(x, f"{name}_5x5_bottleneck", 1, narrow5), f"{name}_5x5", 5, five),
        convolution(pool(x, f"{name}_pool", 1), f"{name}_pool_reduce", 1, pooled),
    ]
    return tf.raw_ops.Concat(concat_dim=tf.constant(3, name=f"{name}/concat_dim"), values=branches, name=name)


picture = tf.placeholder(tf.float32, [None, None, None, 3], name="input")
x = normalise(pool(convolution(picture, "conv2d0", 7, 8, 2), "maxpool0", 2), "localresponsenorm0")
x = convolution(convolution(x, "conv2d1", 1, 6), "conv2d2", 3, 9)
x = pool(normalise(x, "localresponsenorm1"), "maxpool1", 2)
for letter, channels in BLOCKS.items():
    before = {"4a": "maxpool4", "5a": "maxpool10"}.get(letter)
    x = block(pool(x, before, 2) if before else x, f"mixed{letter}", channels)
average = tf.nn.avg_pool(x, [1, *LAST, 1], [1, 1, 1, 1], "VALID", name="avgpool0")
shape = tf.constant([-1, x.shape[-1]], name="avgpool0/reshape/shape")
flat = tf.reshape(average, shape, name="avgpool0/reshape")
weight, bias = constant("softmax2_w", (x.shape[-1], CLASSES), 0.3), constant("softmax2_b", (CLASSES,), 0.1)
logits = tf.nn.bias_add(tf.matmul(flat, weight, name="softmax2_pre_activation/matmul"), bias, name="softmax2_pre_activation")
tf.identity(tf.nn.softmax(logits, name="softmax2"), name="output2")

frame = random.integers(0, 256, (1, *SIDES, 3), dtype=np.uint8)
names = ["conv2d0", "conv2d1", "conv2d2", *(f"mixed{letter}" for letter in BLOCKS), "softmax2_pre_activation"]
with tf.Session() as session:
    values = session.run([f"{name}:0" for name in names], {picture: frame.astype(np.float32) - 117})
FOLDER.joinpath("graph.pb").write_bytes(tf.get_default_graph().as_graph_def().SerializeToString())
np.savez_compressed(FOLDER / "expected.npz", frame=frame, **dict(zip(names, values, strict=True)))
