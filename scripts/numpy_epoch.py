"""An epoch of network2's arithmetic in NumPy, float32, a mini-batch at a time: the peer of `npm run bench`.

Usage: numpy_epoch.py HIDDEN BATCH EPOCHS, with the images as float32 [n, 784] and the targets [n, 10] on standard
input, one after the other. Prints the seconds of each epoch, a line each.
"""
import sys
import time

import numpy as np

hidden, m, epochs = map(int, sys.argv[1:])
data = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float32)
n = data.size // 794
x, y = data[: n * 784].reshape(n, 784), data[n * 784 :].reshape(n, 10)
rng = np.random.default_rng(0)
sizes = [784, hidden, 10]
weights = [(rng.standard_normal((j, k)) / np.sqrt(k)).astype(np.float32) for k, j in zip(sizes, sizes[1:])]
biases = [rng.standard_normal(j).astype(np.float32) for j in sizes[1:]]
rate = np.float32(0.5 / m)

for _ in range(epochs):
    order = rng.permutation(n)
    began = time.perf_counter()
    for start in range(0, n, m):
        rows = order[start : start + m]
        a0, t = x[rows], y[rows]
        a1 = 1 / (1 + np.exp(-(a0 @ weights[0].T + biases[0])))
        a2 = 1 / (1 + np.exp(-(a1 @ weights[1].T + biases[1])))
        d2 = a2 - t
        d1 = (d2 @ weights[1]) * (a1 * (1 - a1))
        weights[1] -= rate * (d2.T @ a1)
        weights[0] -= rate * (d1.T @ a0)
        biases[1] -= rate * d2.sum(0)
        biases[0] -= rate * d1.sum(0)
    print(time.perf_counter() - began, flush=True)
