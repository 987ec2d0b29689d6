"""
Prints, as JSON, what Python and NumPy draw from the seed of the author's scripts: the values that
test/book-rng.test.ts expects. Needs Python 3 and NumPy; seeding with a whole number, `random()` and the legacy
`randn` are the same there as in the Python 2 of the book.

    python3 scripts/book-rng.py
"""

import hashlib
import json
import random

import numpy as np

SEED = 12345678
SIZES = [784, 30, 10]


def shuffle(xs):
    """Python 2's random.shuffle."""
    for i in reversed(range(1, len(xs))):
        j = int(random.random() * (i + 1))
        xs[i], xs[j] = xs[j], xs[i]


def sha256(arrays, dtype):
    return hashlib.sha256(b"".join(np.asarray(a, dtype).tobytes() for a in arrays)).hexdigest()


def draws(seed):
    """Every 333rd number of both generators: each takes two of the 624 words between two twists."""
    random.seed(seed)
    np.random.seed(seed)
    return {
        "python": [random.random() for _ in range(1000)][::333],
        "numpy": np.random.random(1000)[::333].tolist(),
    }


def normal(seed):
    np.random.seed(seed)
    return np.random.randn(5).tolist()


def starts():
    """network2's two initializers, one after the other, as float32: biases, then weights."""
    np.random.seed(SEED)
    pairs = list(zip(SIZES[:-1], SIZES[1:]))
    b = [np.random.randn(y, 1) for y in SIZES[1:]]
    w = [np.random.randn(y, x) / np.sqrt(x) for x, y in pairs]
    default = b + w
    b = [np.random.randn(y, 1) for y in SIZES[1:]]
    w = [np.random.randn(y, x) for x, y in pairs]
    return {"default": sha256(default, "<f4"), "large": sha256(b + w, "<f4")}


def orders(n, epochs):
    random.seed(SEED)
    xs = list(range(n))
    found = {}
    for epoch in range(1, max(epochs) + 1):
        shuffle(xs)
        if epoch in epochs:
            found[epoch] = {"first": xs[:8], "sha256": sha256([xs], "<i4")}
    return found


seeds = [0, 1, SEED, 2**32 - 1]
print(
    json.dumps(
        {
            "draws": {seed: draws(seed) for seed in seeds},
            "normal": {seed: normal(seed) for seed in seeds},
            "starts": starts(),
            "orders": orders(1000, [1, 2, 400]),
        },
        indent=1,
    )
)
