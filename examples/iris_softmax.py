"""Which iris is it? Softmax regression on Fisher's flowers: first by hand on autograd, then with SGD and Adam.

Four lengths in centimetres go in, three probabilities come out. Beside this file lies iris.csv, with 150 flowers.
"""

import csv
from pathlib import Path

import zanjir as torch

SPECIES = ["setosa", "versicolor", "virginica"]
MEASURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
TRAINING = 100


def load():
    """The lengths, float32 (150, 4), and the species' numbers, int64 (150,)."""
    with open(Path(__file__).with_name("iris.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    lengths = torch.tensor([[float(row[name]) for name in MEASURES] for row in rows])
    labels = torch.tensor([SPECIES.index(row["species"]) for row in rows])
    return lengths, labels


def scores(x, params):
    """How much speaks for each species: (flowers, 3)."""
    weight, bias = params
    return x @ weight + bias


def loss_fn(params):
    """Cross entropy: how surprised the model is, on average, by the species a flower turns out to be."""
    log_probability = torch.log_softmax(scores(x_train, params), dim=1)
    return -log_probability[torch.arange(len(y_train)), y_train].mean()


def accuracy(x, y, params):
    """The share of flowers whose species has the highest score."""
    with torch.no_grad():
        return (scores(x, params).argmax(dim=1) == y).float().mean().item()


def start():
    """A weight for each measure and species, and a bias for each species: nothing is known yet."""
    return [torch.zeros(4, 3, requires_grad=True), torch.zeros(3, requires_grad=True)]


def by_hand(epochs=300, rate=0.5):
    """Gradient descent, written out."""
    params = start()
    for epoch in range(epochs + 1):
        loss = loss_fn(params)
        report(epoch, loss, params)
        loss.backward()
        with torch.no_grad():
            for p in params:
                p -= rate * p.grad
                p.grad = None
    return params


def with_optimizer(optimizer_class, epochs=300, **options):
    """The same, with the update left to an optimizer."""
    params = start()
    optimizer = optimizer_class(params, **options)
    for epoch in range(epochs + 1):
        loss = loss_fn(params)
        report(epoch, loss, params)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return params


def report(epoch, loss, params):
    """The loss as it falls."""
    if epoch in (0, 10, 30, 100, 300):
        print(f"  epoch {epoch:3d}   loss {loss.item():.4f}   train accuracy {accuracy(x_train, y_train, params):.1%}")


lengths, labels = load()
torch.manual_seed(1936)
order = torch.randperm(len(labels))
train, test = order[:TRAINING], order[TRAINING:]
mean, std = lengths[train].mean(dim=0), lengths[train].std(dim=0)
x_train, y_train = (lengths[train] - mean) / std, labels[train]
x_test, y_test = (lengths[test] - mean) / std, labels[test]
print(f"{len(labels)} flowers: {len(train)} to learn from, {len(test)} kept aside")

print("\ngradient descent by hand")
models = {"by hand": by_hand()}
print("optim.SGD with momentum")
models["SGD"] = with_optimizer(torch.optim.SGD, lr=0.1, momentum=0.9)
print("optim.Adam")
models["Adam"] = with_optimizer(torch.optim.Adam, lr=0.1)

print("\n            train     test")
for name, params in models.items():
    print(f"{name:8s} {accuracy(x_train, y_train, params):8.1%} {accuracy(x_test, y_test, params):8.1%}")

weight, _ = models["Adam"]
print("\nwhat Adam's model looks at (per standard deviation):")
print(" " * 13 + "".join(f"{name:>12s}" for name in SPECIES))
for name, row in zip(MEASURES, weight.tolist(), strict=True):
    print(f"{name:13s}" + "".join(f"{value:12.2f}" for value in row))

with torch.no_grad():
    probability = torch.softmax(scores(x_test, models["Adam"]), dim=1)
    chosen = probability.argmax(dim=1)
print("\nflowers of the test set that fooled it:")
wrong = chosen != y_test
for flower, sure, was in zip(lengths[test][wrong], probability[wrong], y_test[wrong], strict=True):
    said = sure.argmax().item()
    print("  " + " ".join(f"{length:.1f}" for length in flower.tolist()), end=" cm: ")
    print(f"said {SPECIES[said]} with {sure[said].item():.0%}, it was {SPECIES[was.item()]}")
