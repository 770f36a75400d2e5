"""How warm is it? Ask a cricket. One line fitted three ways: descent by hand, with SGD, with Adam.

Fifteen evenings of a striped ground cricket, from G. W. Pierce, The Songs of Insects (Harvard, 1948): its chirps a
second, and the temperature in degrees Fahrenheit.
"""

import zanjir as torch

chirps = torch.tensor([20.0, 16.0, 19.8, 18.4, 17.1, 15.5, 14.7, 17.1, 15.4, 16.2, 15.0, 17.2, 16.0, 17.0, 14.4])
warmth = torch.tensor([88.6, 71.6, 93.3, 84.3, 80.6, 75.2, 69.7, 82.0, 69.4, 83.3, 79.6, 82.6, 80.6, 83.5, 76.3])
typical = chirps.mean()


def model(params):
    """Degrees for every evening: a slope, and the temperature at which the cricket chirps as it typically does.

    Counting chirps from the typical evening on, instead of from none, makes the valley of the loss round, and descent
    in a round valley is quick.
    """
    slope, level = params
    return slope * (chirps - typical) + level


def loss_fn(params):
    """The mean of the squared errors, in square degrees."""
    return ((model(params) - warmth) ** 2).mean()


def start():
    """No idea at all: every evening has 60 degrees."""
    return torch.tensor([0.0, 60.0], requires_grad=True)


def by_hand(epochs=200, rate=0.1):
    """Follow the gradient downhill, with nothing but autograd."""
    params = start()
    for epoch in range(1, epochs + 1):
        params.grad = None
        loss = loss_fn(params)
        loss.backward()
        with torch.no_grad():  # the step itself is not part of the function
            params -= rate * params.grad
        report(epoch, loss)
    return params


def with_optimizer(optimizer_class, epochs=200, **options):
    """The same loop for any optimizer: only the line that makes it changes."""
    params = start()
    optimizer = optimizer_class([params], **options)
    for epoch in range(1, epochs + 1):
        loss = loss_fn(params)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        report(epoch, loss)
    return params


def report(epoch, loss):
    """Say a word now and then."""
    if epoch in (1, 10, 50, 200, 500):
        print(f"  epoch {epoch:3d}: loss {loss.item():9.4f}")


print("by hand")
a = by_hand()
print("SGD, the same steps")
b = with_optimizer(torch.optim.SGD, lr=0.1)
print("SGD with momentum")
c = with_optimizer(torch.optim.SGD, lr=0.02, momentum=0.8)
print("Adam")
d = with_optimizer(torch.optim.Adam, epochs=500, lr=0.5)

# Least squares has a formula, so descent can be checked.
centred = chirps - typical
slope = (centred * warmth).sum() / (centred**2).sum()
print(f"\nformula: slope {slope.item():.4f}, level {warmth.mean().item():.4f}")
for name, params in (("by hand", a), ("SGD", b), ("momentum", c), ("Adam", d)):
    print(f"{name + ':':10s}slope {params[0].item():.4f}, level {params[1].item():.4f}")
print("hand and SGD agree:", torch.allclose(a, b))

zero = (warmth.mean() - slope * typical).item()
print(f"\nso listen for a second, and it has {slope.item():.2f} x chirps + {zero:.2f} degrees Fahrenheit")
