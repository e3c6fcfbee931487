"""Unit vectors around planted directions, and noise; what is asked for is what there is, whatever comes first."""

import numpy as np

WIDTH = 128


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def planted(sizes, noise=0, seed=0, spread=1.0, first=0):
    """Vectors and the number of the direction each is planted around, -1 for noise; directions are unit axes from
    `first` on, so that two calls can plant the same or others."""
    draw = np.random.default_rng(seed)
    vectors, truth = [], []
    for number, size in enumerate(sizes, first):
        middle = np.zeros(WIDTH)
        middle[number] = 1
        vectors.append(middle + spread * draw.normal(size=(size, WIDTH)) / np.sqrt(WIDTH))
        truth += [number] * size
    vectors.append(draw.normal(size=(noise, WIDTH)))
    return unit(np.concatenate(vectors)), np.array(truth + [-1] * noise)
