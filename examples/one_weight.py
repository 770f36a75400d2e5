"""A spring's stiffness learned from four weighings, one at a time, every update written by hand."""

import zanjir as torch

# Hooke's law: stretching a spring by x centimetres takes k * x newtons. Somebody measured; k is what we want to know.
stretch = [1.0, 2.0, 3.0, 4.0]
force = [2.6, 4.9, 7.4, 10.1]

k = torch.tensor([0.5], requires_grad=True)  # the first guess
rate = 0.01


def pull(x):
    """The force the spring would answer with, if the guess were right."""
    return k * x


print("guess before: a stretch of 5 cm takes", pull(5.0))
for turn in range(8):
    worst = 0.0
    for x, measured in zip(stretch, force, strict=True):
        error = (pull(x) - measured) ** 2
        error.backward()  # d(error)/dk, which by hand is 2 x (k x - measured)
        by_hand = 2 * x * (k.item() * x - measured)
        if turn == 0:
            print(f"    x = {x}: gradient {k.grad.item():9.4f}, by hand {by_hand:9.4f}")
        k.data = k.data - rate * k.grad  # a step downhill
        k.grad.zero_()  # gradients add up unless they are cleared
        worst = max(worst, error.item())
    print(f"turn {turn}: k = {k.item():.4f} N/cm, worst squared error {worst:.4f}")
print("guess after:  a stretch of 5 cm takes", pull(5.0))

# The best k for all four at once has a formula. One at a time comes close, and keeps circling around it.
x, f = torch.tensor(stretch), torch.tensor(force)
print(f"least squares: k = {((x * f).sum() / (x * x).sum()).item():.4f} N/cm")
