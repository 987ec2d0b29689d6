"""An epoch of the models of scripts/bench-fit.ts in JAX and in Keras: the peers of `npm run bench -- "fit"`.

Usage: fit_peers.py NAME EPOCHS, with the images as float32 [n, 784] and the targets [n, 10] on standard input, one after the
other; NAME is dense, lenet or lstm. Prints the library and the seconds of each epoch but the first, a line each; or that it is absent.
"""
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
import numpy as np

M = 32
name, epochs = sys.argv[1], int(sys.argv[2])
data = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float32)
n = data.size // 794
x, y = data[: n * 784].reshape(n, 784), data[n * 784 :].reshape(n, 10)
rng = np.random.default_rng(0)


def with_jax():
    import jax
    import jax.numpy as jnp

    def drawn(*shape):
        return jnp.asarray(rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1])), jnp.float32)

    def layer(inputs, outputs):
        return {"w": drawn(inputs, outputs), "b": jnp.zeros(outputs)}

    def dense(p, a):
        return a @ p["w"] + p["b"]

    def conv(p, a):
        a = jax.lax.conv_general_dilated(a, p["w"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return jax.lax.reduce_window(
            jax.nn.relu(a + p["b"]), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"
        )

    if name == "dense":
        params = [layer(784, 128), layer(128, 10)]

        def output(p, a):
            return dense(p[1], jax.nn.relu(dense(p[0], a)))
    elif name == "lenet":
        params = [
            {"w": drawn(5, 5, 1, 6), "b": jnp.zeros(6)},
            {"w": drawn(5, 5, 6, 16), "b": jnp.zeros(16)},
            layer(784, 120),
            layer(120, 84),
            layer(84, 10),
        ]

        def output(p, a):
            a = conv(p[1], conv(p[0], a.reshape(-1, 28, 28, 1))).reshape(-1, 784)
            return dense(p[4], jax.nn.relu(dense(p[3], jax.nn.relu(dense(p[2], a)))))
    else:
        params = [{"w": drawn(28, 128), "u": drawn(32, 128), "b": jnp.zeros(128)}, layer(32, 10)]

        def output(p, a):
            def step(state, row):
                h, c = state
                i, f, g, o = jnp.split(row @ p[0]["w"] + h @ p[0]["u"] + p[0]["b"], 4, axis=1)
                c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
                return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

            zero = jnp.zeros((a.shape[0], 32))
            (h, _), _ = jax.lax.scan(step, (zero, zero), a.reshape(-1, 28, 28).transpose(1, 0, 2))
            return dense(p[1], h)

    def loss(p, a, t):
        return -jnp.mean(jnp.sum(t * jax.nn.log_softmax(output(p, a)), axis=1))

    def step(state, rows):
        p, m, v, t = state
        g = jax.grad(loss)(p, xs[rows], ys[rows])
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = jax.tree.map(
            lambda p, m, v: p - 0.001 * m / (1 - 0.9**t) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-7), p, m, v
        )
        return (p, m, v, t), None

    xs, ys = jnp.asarray(x), jnp.asarray(y)
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, zeros, jnp.float32(0))
    epoch = jax.jit(lambda state, rows: jax.lax.scan(step, state, rows)[0])
    for _ in range(epochs):
        rows = rng.permutation(n)[: n - n % M].reshape(-1, M)
        began = time.perf_counter()
        state = jax.block_until_ready(epoch(state, rows))
        yield time.perf_counter() - began


def with_keras():
    import keras
    from keras import layers

    stacks = {
        "dense": lambda: [layers.Dense(128, activation="relu")],
        "lenet": lambda: [
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
        ],
        "lstm": lambda: [layers.Reshape((28, 28)), layers.LSTM(32)],
    }
    model = keras.Sequential([keras.Input((784,)), *stacks[name](), layers.Dense(10, activation="softmax")])
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    for _ in range(epochs):
        began = time.perf_counter()
        model.fit(x, y, batch_size=M, epochs=1, verbose=0)
        yield time.perf_counter() - began


for library, run in (("JAX", with_jax), ("Keras", with_keras)):
    try:
        for i, seconds in enumerate(run()):
            if i > 0:
                print(library, seconds, flush=True)
    except ImportError:
        print(library, "absent", flush=True)
