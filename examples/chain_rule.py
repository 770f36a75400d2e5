"""The chain rule, link by link: what each link contributes, and what travels back along the chain."""

import zanjir as torch

# y = exp(sin(x²)), taken apart. Results inside the chain drop their gradient when it has passed; retain_grad keeps it.
x = torch.tensor(0.8, requires_grad=True)
u = x**2
v = torch.sin(u)
y = torch.exp(v)
for link in (u, v, y):
    link.retain_grad()
y.backward()

print(f"going forward:  x = {x.item():.4f}   u = x² = {u.item():.4f}", end="   ")
print(f"v = sin u = {v.item():.4f}   y = exp v = {y.item():.4f}")
print("\ngoing back, every link multiplies by its own derivative:")
with torch.no_grad():
    product = torch.tensor(1.0)
    print(f"  dy/dy                       = {product.item():.4f}   autograd: {y.grad.item():.4f}")
    product = product * torch.exp(v)
    print(f"  dy/dv = above * exp v       = {product.item():.4f}   autograd: {v.grad.item():.4f}")
    product = product * torch.cos(u)
    print(f"  dy/du = above * cos u       = {product.item():.4f}   autograd: {u.grad.item():.4f}")
    product = product * 2 * x
    print(f"  dy/dx = above * 2 x         = {product.item():.4f}   autograd: {x.grad.item():.4f}")

# Or do not trust any rule and try: move x a little both ways and look at what y does.
with torch.no_grad():
    wide = x.double()
    step = 1e-5
    difference = torch.exp(torch.sin((wide + step) ** 2)) - torch.exp(torch.sin((wide - step) ** 2))
print(f"  a small step says             {(difference / (2 * step)).item():.4f}")

# Where a value is used twice, two gradients meet, and they add up: d/da (a² + 3 a) = 2 a + 3.
a = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
left, right = a**2, 3 * a
left.register_hook(lambda g: print("  left branch hears ", g))
right.register_hook(lambda g: print("  right branch hears", g))
print("\na fork:")
(left + right).sum().backward()
print("  at the leaf they meet:", a.grad)

# A hook may also change what passes. Here no element may be larger than 2 in size: gradient clipping in one line.
w = torch.tensor([0.5, -4.0, 1.0], requires_grad=True)
square = w * w
before = []
square.retain_grad()
handle = w.register_hook(lambda g: before.append(g) or g.clamp(-2, 2))
square.sum().backward()
print("\na hook on the way:")
print("  each square hears", square.grad)
print("  on its way to w  ", before[0])
print("  what w receives  ", w.grad)
handle.remove()
w.grad = None
(w * w).sum().backward()
print("  hook removed     ", w.grad)

# And backward() adds: a second call without clearing gives twice the gradient.
(w * w).sum().backward()
print("  and once more    ", w.grad)
