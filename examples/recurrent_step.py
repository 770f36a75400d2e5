"""One step of a recurrent network, and the graph it leaves behind: walked, counted, and checked against the formula."""

import zanjir as torch

torch.manual_seed(7)
INPUTS, UNITS = 3, 5
W_x = (torch.randn(UNITS, INPUTS) * 0.5).requires_grad_()
W_h = (torch.randn(UNITS, UNITS) * 0.5).requires_grad_()
x = torch.randn(INPUTS, 1)
h = torch.randn(UNITS, 1)


def step(x, h):
    """The network's new state: what it sees and what it remembers, mixed and squashed."""
    return torch.tanh(W_x @ x + W_h @ h)


def draw(node, depth=0):
    """Print the graph from a result down to the leaves. AccumulateGrad is where a gradient arrives in a `.grad`."""
    print("    " * depth + type(node).__name__)
    for parent, _ in node.next_functions:
        if parent is not None:  # an input that needs no gradient, such as x
            draw(parent, depth + 1)


def count(node):
    """How many different nodes can be reached; a list instead of recursion, for the graph may be deep."""
    seen, waiting = {node}, [node]
    while waiting:
        for parent, _ in waiting.pop().next_functions:
            if parent is not None and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return len(seen)


new_h = step(x, h)
total = new_h.sum()
print("the sum of the new state:", total)
print("\nhow it came about, read upwards:")
draw(total.grad_fn)

# tanh' = 1 - tanh², and each weight's gradient is what its unit asks for times what its input brought.
total.backward()
asked = 1 - new_h.detach() ** 2
print("\ngradient of W_x:")
print(W_x.grad)
print("is it (1 - h²) xᵀ ?", torch.allclose(W_x.grad, asked @ x.T))
print("is W_h's (1 - h²) hᵀ ?", torch.allclose(W_h.grad, asked @ h.T))

# The graph is made anew by each run of the program: three times round the loop, three times the nodes. The two weights
# have one leaf each however often they are used, and their gradient is the sum over all uses.
print("\nsteps  nodes  |grad W_x|  |grad W_h|")
for steps in (1, 2, 4, 8):
    state = h
    for _ in range(steps):
        state = step(x, state)
    g_x, g_h = torch.autograd.grad(state.sum(), [W_x, W_h], retain_graph=True)
    print(f"{steps:5d}  {count(state.grad_fn):5d}  {g_x.norm().item():10.4f}  {g_h.norm().item():10.4f}")
