"""Trains networks of the chapter with one library, and prints how long it took: a child process of scripts/bench-engines.ts, which
says what each line of standard input holds. Cross-entropy, sigmoid, float32, mini-batches in a new order.

Usage: epoch_peers.py numpy|jax|torch THREADS
"""
import os
import sys
import time

library, threads = sys.argv[1], int(sys.argv[2])
if threads == 1 and hasattr(os, "sched_setaffinity"):
    # JAX has as many threads as the process has cores, whatever its flags say
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import numpy as np

ETA = 0.5


def with_numpy(x, y, params, m):
    rate = np.float32(ETA / m)
    weights, biases = [w for w, _ in params], [b for _, b in params]

    def train(order):
        for start in range(0, order.size, m):
            rows = order[start : start + m]
            a = [x[rows]]
            for w, b in zip(weights, biases):
                a.append(1 / (1 + np.exp(-(a[-1] @ w + b))))
            d = a[-1] - y[rows]
            for l in reversed(range(len(weights))):
                below = (d @ weights[l].T) * (a[l] * (1 - a[l])) if l > 0 else None
                weights[l] -= rate * (a[l].T @ d)
                biases[l] -= rate * d.sum(0)
                d = below

    return train


def with_jax(x, y, params, m):
    xs, ys = jnp.asarray(x), jnp.asarray(y)

    def loss(p, a, t):
        for w, b in p[:-1]:
            a = jax.nn.sigmoid(a @ w + b)
        z = a @ p[-1][0] + p[-1][1]
        return jnp.sum(jax.nn.softplus(z) - t * z) / m

    def step(p, rows):
        g = jax.grad(loss)(p, xs[rows], ys[rows])
        return jax.tree.map(lambda p, g: p - ETA * g, p, g), None

    epoch = jax.jit(lambda p, rows: jax.lax.scan(step, p, rows)[0])
    state = [jax.tree.map(jnp.asarray, params)]

    def train(order):
        rows = jnp.asarray(order[: order.size - order.size % m].reshape(-1, m))
        state[0] = jax.block_until_ready(epoch(state[0], rows))

    return train


def with_torch(x, y, params, m):
    torch.set_num_threads(threads)
    xs, ys = torch.from_numpy(x), torch.from_numpy(y)
    layers = [tuple(torch.from_numpy(v).requires_grad_() for v in pair) for pair in params]
    optimizer = torch.optim.SGD([v for pair in layers for v in pair], lr=ETA)
    cost = torch.nn.BCEWithLogitsLoss(reduction="sum")

    def train(order):
        for rows in torch.from_numpy(order).split(m):
            a = xs[rows]
            for w, b in layers[:-1]:
                a = torch.sigmoid(a @ w + b)
            optimizer.zero_grad()
            (cost(a @ layers[-1][0] + layers[-1][1], ys[rows]) / m).backward()
            optimizer.step()

    return train


try:
    if library == "jax":
        import jax
        import jax.numpy as jnp
    if library == "torch":
        import torch
except ImportError:
    print("is not installed here", flush=True)
    sys.exit()
print("ready", flush=True)

rng = np.random.default_rng(0)
before = loaded = None
for line in sys.stdin:
    file, examples, m, *sizes = line.split()
    if line != before:
        before = line
        if file != loaded:
            loaded, data = file, np.fromfile(file, dtype=np.float32)
        n = data.size // 794
        x, y = data[: n * 784].reshape(n, 784), data[n * 784 :].reshape(n, 10)
        sizes = list(map(int, sizes))
        params = [
            ((rng.standard_normal((k, j)) / np.sqrt(k)).astype(np.float32), rng.standard_normal(j).astype(np.float32))
            for k, j in zip(sizes, sizes[1:])
        ]
        train = {"numpy": with_numpy, "jax": with_jax, "torch": with_torch}[library](x, y, params, int(m))
    order = rng.permutation(n)[: int(examples)]
    if library == "jax":
        order = order.astype(np.int32)
    began = time.perf_counter()
    train(order)
    print(time.perf_counter() - began, flush=True)
