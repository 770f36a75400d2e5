"""A ball is thrown upwards: its height is a polynomial of time, and the gradients are its velocity and acceleration."""

import zanjir as torch


def height(t):
    """Metres above the ground t seconds after a ball left a hand at 2 m with 12 m/s (without air)."""
    return 2 + 12 * t - 4.9 * t**2


# One number in, one number out: backward() leaves dh/dt in t.grad.
t = torch.tensor(0.5, requires_grad=True)
h = height(t)
print("height after half a second:", h)
h.backward()
print("velocity then:", t.grad, "and by the school formula 12 - 9.8 t:", 12 - 9.8 * 0.5)

# Many moments at once. The sum is only there to give backward() one number to start from: every height depends on its
# own moment alone, so every moment receives its own velocity.
moments = torch.linspace(0, 2.5, 6).requires_grad_()
heights = height(moments)
heights.sum().backward()
print("\n   t      height   velocity")
for moment, metres, speed in zip(moments.tolist(), heights.tolist(), moments.grad.tolist(), strict=True):
    print(f"{moment:4.1f} s {metres:8.3f} m {speed:8.2f} m/s", "  up" if speed > 0 else "  down")

# Gradients can themselves be differentiated. Newton's method on the velocity finds the top, where it is zero.
print("\nwhere is the top?")
t = torch.tensor(0.0, requires_grad=True)
for step in range(2):
    (velocity,) = torch.autograd.grad(height(t), t, create_graph=True)
    (acceleration,) = torch.autograd.grad(velocity, t)
    print(f"step {step}: t = {t.item():.4f} s, velocity {velocity.item():7.3f}, acceleration {acceleration.item():.2f}")
    with torch.no_grad():
        t -= velocity / acceleration  # the velocity is a straight line, so the first step already lands
print(f"the top: {height(t).item():.4f} m at {t.item():.4f} s")

# Three ways to say "just the number, please".
print("\ntracked?   ", height(t).requires_grad)
with torch.no_grad():
    print("no_grad:   ", height(t).requires_grad)
print("detach:    ", height(t.detach()).requires_grad)
t.requires_grad_(False)
print("switched:  ", height(t).requires_grad)
