"""
Repeats the golden cases of test/golden in float64 with NumPy, and prints the largest relative difference of each.

    python3 scripts/golden.py

Written from the book's network2 and apart from the TypeScript: one example at a time, column vectors, his formulas
for both costs. It needs Python 3 and NumPy.
"""

import json
import pathlib

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def quadratic_fn(a, y):
    return 0.5 * np.linalg.norm(a - y) ** 2


def quadratic_delta(z, a, y):
    return (a - y) * sigmoid(z) * (1 - sigmoid(z))


def xent_fn(a, y):
    return np.sum(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))


def xent_delta(z, a, y):
    return a - y


COSTS = {"quadratic": (quadratic_fn, quadratic_delta), "xent": (xent_fn, xent_delta)}


def column(values):
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def examples(split, outputs):
    """Pairs of an input and the desired output, as column vectors."""
    if "targets" in split:
        desired = [column(target) for target in split["targets"]]
    else:
        desired = [column([float(j == label) for j in range(outputs)]) for label in split["labels"]]
    return list(zip(map(column, split["inputs"]), desired))


def feedforward(weights, biases, a):
    for w, b in zip(weights, biases):
        a = sigmoid(w @ a + b)
    return a


def backprop(weights, biases, delta_of, x, y):
    """The gradient of the cost of one example: (nabla_w, nabla_b)."""
    activations, zs = [x], []
    for w, b in zip(weights, biases):
        zs.append(w @ activations[-1] + b)
        activations.append(sigmoid(zs[-1]))
    delta = delta_of(zs[-1], activations[-1], y)
    nabla_w, nabla_b = [delta @ activations[-2].T], [delta]
    for layer in range(2, len(weights) + 1):
        a = activations[-layer]
        delta = (weights[-layer + 1].T @ delta) * a * (1 - a)
        nabla_w.insert(0, delta @ activations[-layer - 1].T)
        nabla_b.insert(0, delta)
    return nabla_w, nabla_b


def step(weights, biases, delta_of, batch, eta, lmbda, n):
    """One mini-batch: the gradient is divided by its own length, the decay by that of the training set."""
    sum_w = [np.zeros_like(w) for w in weights]
    sum_b = [np.zeros_like(b) for b in biases]
    for x, y in batch:
        nabla_w, nabla_b = backprop(weights, biases, delta_of, x, y)
        sum_w = [total + nabla for total, nabla in zip(sum_w, nabla_w)]
        sum_b = [total + nabla for total, nabla in zip(sum_b, nabla_b)]
    rate = eta / len(batch)
    return (
        [(1 - eta * lmbda / n) * w - rate * nabla for w, nabla in zip(weights, sum_w)],
        [b - rate * nabla for b, nabla in zip(biases, sum_b)],
    )


def total_cost(weights, biases, fn, data, lmbda):
    costs = [fn(feedforward(weights, biases, x), y) for x, y in data]
    squares = sum(np.sum(w**2) for w in weights)
    return sum(costs) / len(data) + 0.5 * lmbda / len(data) * squares


def accuracy(weights, biases, data):
    return sum(int(np.argmax(feedforward(weights, biases, x)) == np.argmax(y)) for x, y in data)


def train(case):
    """What the case expects: the final weights and biases, and the four monitors after each epoch."""
    start, options = case["start"], case["options"]
    weights = [np.array(w, dtype=np.float64) for w in start["weights"]]
    biases = [np.array(b, dtype=np.float64) for b in start["biases"]]
    fn, delta_of = COSTS[options["cost"]]
    eta, lmbda, size = options["eta"], options["lmbda"], options["miniBatchSize"]
    training, test = (examples(case["data"][part], start["sizes"][-1]) for part in ("training", "test"))
    seen = {name: [] for name in ("evaluationCost", "evaluationAccuracy", "trainingCost", "trainingAccuracy")}
    for _ in range(options["epochs"]):
        for first in range(0, len(training), size):
            batch = training[first : first + size]
            weights, biases = step(weights, biases, delta_of, batch, eta, lmbda, len(training))
        for name, data in (("evaluation", test), ("training", training)):
            seen[f"{name}Cost"].append(total_cost(weights, biases, fn, data, lmbda))
            seen[f"{name}Accuracy"].append(accuracy(weights, biases, data))
    return {"weights": weights, "biases": biases, **seen}


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
