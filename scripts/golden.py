"""
Repeats the golden cases of test/golden in float64 with NumPy, and prints the largest relative difference of each.

    python3 scripts/golden.py

Written from the book and apart from the TypeScript: one example at a time, column vectors, his formulas. The masks of
dropout are in the files. It needs Python 3 and NumPy.
"""

import json
import pathlib

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e)


def squared_fn(a, y):
    return 0.5 * np.linalg.norm(a - y) ** 2


def xent_fn(a, y):
    return np.sum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))


def log_likelihood_fn(a, y):
    wanted = y > 0
    return -np.sum(y[wanted] * np.log(a[wanted]))


# of each cost: the output neurons, the cost of an example, and the error of the output layer
COSTS = {
    "quadratic": (sigmoid, squared_fn, lambda a, y: (a - y) * a * (1 - a)),
    "xent": (sigmoid, xent_fn, lambda a, y: a - y),
    "log-likelihood": (softmax, log_likelihood_fn, lambda a, y: a - y),
    "quadratic-linear": (lambda z: z, squared_fn, lambda a, y: a - y),
}

# of each hidden neuron: its activation, and its slope
NEURONS = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
}

# of each regularizer: the penalty on a matrix of weights, and its slope, both without lambda / n
REGULARIZERS = {
    "l2": (lambda w: 0.5 * np.sum(w**2), lambda w: w),
    "l1": (lambda w: np.sum(np.abs(w)), np.sign),
}


def column(values):
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def examples(split, outputs):
    """Pairs of an input and the desired output, as column vectors."""
    if "targets" in split:
        desired = [column(target) for target in split["targets"]]
    else:
        desired = [column([float(j == label) for j in range(outputs)]) for label in split["labels"]]
    return list(zip(map(column, split["inputs"]), desired))


def feedforward(network, parts, a):
    """The output, from the full network: weights that leave a hidden layer count by the share that dropout keeps."""
    weights, biases = network
    for layer, (w, b) in enumerate(zip(weights, biases)):
        z = parts["share"][layer] * w @ a + b
        a = parts["output"](z) if layer == len(weights) - 1 else parts["neuron"](z)
    return a


def backprop(network, parts, masks, x, y):
    """The gradient of the cost of one example, without the neurons that the masks delete: (nabla_w, nabla_b)."""
    weights, biases = network
    activations, zs = [x], []
    for layer, (w, b) in enumerate(zip(weights, biases)):
        zs.append(w @ activations[-1] + b)
        last = layer == len(weights) - 1
        activations.append(parts["output"](zs[-1]) if last else masks[layer] * parts["neuron"](zs[-1]))
    delta = parts["delta"](activations[-1], y)
    nabla_w, nabla_b = [delta @ activations[-2].T], [delta]
    for layer in range(len(weights) - 2, -1, -1):
        delta = masks[layer] * parts["slope"](zs[layer]) * (weights[layer + 1].T @ delta)
        nabla_w.insert(0, delta @ activations[layer].T)
        nabla_b.insert(0, delta)
    return nabla_w, nabla_b


def gradient(network, parts, masks, batch, lmbda, n):
    """That of a mini-batch: a mean over its own length; the regularization term is by that of the training set."""
    each = [backprop(network, parts, masks, x, y) for x, y in batch]
    mean = [[sum(layer) / len(batch) for layer in zip(*nabla)] for nabla in zip(*each)]
    return [nabla + lmbda / n * parts["penalty_slope"](w) for nabla, w in zip(mean[0], network[0])], mean[1]


def total_cost(network, parts, data, lmbda):
    costs = [parts["cost"](feedforward(network, parts, x), y) for x, y in data]
    penalty = sum(parts["penalty"](share * w) for share, w in zip(parts["share"], network[0]))
    return sum(costs) / len(data) + lmbda / len(data) * penalty


def accuracy(network, parts, data):
    return sum(int(np.argmax(feedforward(network, parts, x)) == np.argmax(y)) for x, y in data)


def parts_of(options, layers, masks):
    """The functions that a case is made of."""
    output, cost, delta = COSTS[options["cost"]]
    neuron, slope = NEURONS[options.get("activation", "sigmoid")]
    penalty, penalty_slope = REGULARIZERS[options.get("regularizer", "l2")]
    # every mask of a layer keeps as many neurons
    share = [1.0] + ([np.mean(mask) for mask in masks[0][0]] if masks else [1.0] * (layers - 1))
    return {
        "output": output, "cost": cost, "delta": delta, "neuron": neuron, "slope": slope,
        "penalty": penalty, "penalty_slope": penalty_slope, "share": share,
    }  # fmt: skip


def train(case):
    """What the case expects: the final weights and biases, and the four monitors after each epoch."""
    start, options = case["start"], case["options"]
    network = [[np.array(layer, dtype=np.float64) for layer in start[name]] for name in ("weights", "biases")]
    velocity = [[np.zeros_like(layer) for layer in part] for part in network]
    eta, lmbda, size = options["eta"], options["lmbda"], options["miniBatchSize"]
    mu = options.get("mu", 0.0)
    masks = options["dropout"]["masks"] if "dropout" in options else None
    parts = parts_of(options, len(network[0]), masks)
    training, test = (examples(case["data"][part], start["sizes"][-1]) for part in ("training", "test"))
    whole = [np.ones((neurons, 1)) for neurons in start["sizes"][1:-1]]
    seen = {name: [] for name in ("evaluationCost", "evaluationAccuracy", "trainingCost", "trainingAccuracy")}
    for epoch in range(options["epochs"]):
        for step, first in enumerate(range(0, len(training), size)):
            batch = training[first : first + size]
            kept = [column(mask) for mask in masks[epoch][step]] if masks else whole
            nabla = gradient(network, parts, kept, batch, lmbda, len(training))
            velocity = [[mu * v - eta * g for v, g in zip(*pair)] for pair in zip(velocity, nabla)]
            network = [[layer + v for layer, v in zip(*pair)] for pair in zip(network, velocity)]
        for name, data in (("evaluation", test), ("training", training)):
            seen[f"{name}Cost"].append(total_cost(network, parts, data, lmbda))
            seen[f"{name}Accuracy"].append(accuracy(network, parts, data))
    return {"weights": network[0], "biases": network[1], **seen}


def flat(value):
    """The numbers of nested lists and arrays."""
    if not isinstance(value, (list, np.ndarray)):
        return [float(value)]
    return [number for part in value for number in flat(part)]


def difference(found, expected):
    """The largest difference of two sets of numbers, relative to the largest number."""
    a, b = np.array(flat(found)), np.array(flat(expected))
    if a.shape != b.shape:
        return np.inf
    return np.max(np.abs(a - b)) / (np.max(np.abs(b)) or 1) if a.size > 0 else 0


for path in sorted((pathlib.Path(__file__).parent.parent / "test" / "golden").glob("*.json")):
    case = json.loads(path.read_text())
    found = train(case)
    largest = np.max([difference(found[name], case["expected"][name]) for name in case["expected"]])
    print(f"{case['name']} {largest:.1e}")
