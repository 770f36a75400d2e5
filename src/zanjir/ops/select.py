"""Which of several equal elements comes first.

The values that ``sort``, ``topk`` and ``kthvalue`` give are determined, but the indices of equal elements depend on the
algorithm, and programs print indices. So where there are ties these are the algorithms PyTorch's are built on, swap for
swap: quickselect with a median of three (Numerical Recipes, "Selecting the Mth Largest") and introsort and introselect
(Musser, "Introspective Sorting and Selection Algorithms", 1997) with the heap selection of GNU's standard library.

All order ``q``, a list of positions, by ``key[position]``, in place.
"""

from __future__ import annotations

Keys = list[int]
Positions = list[int]

#: Shorter runs are left to the insertion sort, which keeps equal elements in their order.
SHORT = 16
#: How many elements, in rows with ties, are worth the time; in larger tensors equal elements stay in their order.
MANY = 1 << 16
#: From here on PyTorch sorts integers by their digits, which keeps equal ones in their order.
RADIX = 1 << 15


def quickselect(q: Positions, key: Keys, k: int) -> None:
    """Brings the element of rank ``k`` to ``q[k]``."""

    def swap(i: int, j: int) -> None:
        q[i], q[j] = q[j], q[i]

    left, right = 0, len(q) - 1
    while right > left:
        if right == left + 1:
            if key[q[left]] > key[q[right]]:
                swap(left, right)
            return
        swap(left + (right - left) // 2, left + 1)
        if key[q[left + 1]] > key[q[right]]:
            swap(left + 1, right)
        if key[q[left]] > key[q[right]]:
            swap(left, right)
        if key[q[left + 1]] > key[q[left]]:
            swap(left + 1, left)
        i, j, pivot = left + 1, right, key[q[left]]
        while True:
            i += 1
            while key[q[i]] < pivot:
                i += 1
            j -= 1
            while key[q[j]] > pivot:
                j -= 1
            if j < i:
                break
            swap(i, j)
        swap(left, j)
        if j <= k:
            left = i
        if j >= k:
            right = j - 1


def top(q: Positions, key: Keys, k: int, in_order: bool) -> None:
    """Brings the ``k`` elements with the smallest keys to the front; ``in_order``: sorted."""
    if k * 64 <= len(q):
        heap_select(q, key, 0, k, len(q))
        sort_heap(q, key, 0, k)
        return
    introselect(q, key, k - 1)
    if in_order:
        introsort(q, key, k - 1)


def introselect(q: Positions, key: Keys, nth: int) -> None:
    """Puts the element of rank ``nth`` in its place, nothing larger before it."""
    first, last = 0, len(q)
    depth = 2 * (last.bit_length() - 1)
    while last - first > 3:
        if not depth:
            heap_select(q, key, first, nth + 1, last)
            q[first], q[nth] = q[nth], q[first]
            return
        depth -= 1
        cut = partition(q, key, first, last)
        if cut <= nth:
            first = cut
        else:
            last = cut
    q[first:last] = sorted(q[first:last], key=key.__getitem__)


def introsort(q: Positions, key: Keys, last: int) -> None:
    """Sorts the first ``last`` elements."""
    stack = [(0, last, 2 * (last.bit_length() - 1))]
    while stack:
        first, end, depth = stack.pop()
        while end - first > SHORT:
            if not depth:
                heap_select(q, key, first, end, end)
                sort_heap(q, key, first, end)
                break
            depth -= 1
            cut = partition(q, key, first, end)
            stack.append((cut, end, depth))
            end = cut
    q[:last] = sorted(q[:last], key=key.__getitem__)


def partition(q: Positions, key: Keys, first: int, last: int) -> int:
    """Splits around the median of three elements; returns where the second part begins."""
    a, b, c = first + 1, first + (last - first) // 2, last - 1
    ka, kb, kc = key[q[a]], key[q[b]], key[q[c]]
    if ka < kb:
        middle = b if kb < kc else c if ka < kc else a
    else:
        middle = a if ka < kc else c if kb < kc else b
    q[first], q[middle] = q[middle], q[first]
    pivot = key[q[first]]
    i, j = first + 1, last
    while True:
        while key[q[i]] < pivot:
            i += 1
        j -= 1
        while pivot < key[q[j]]:
            j -= 1
        if i >= j:
            return i
        q[i], q[j] = q[j], q[i]
        i += 1


def heap_select(q: Positions, key: Keys, first: int, middle: int, last: int) -> None:
    """Gathers the smallest elements of ``q[first:last]`` in ``q[first:middle]``, as a heap with the largest on top."""
    length = middle - first
    for parent in range((length - 2) // 2, -1, -1):
        sift(q, key, first, parent, length, q[first + parent])
    for i in range(middle, last):
        if key[q[i]] < key[q[first]]:
            value, q[i] = q[i], q[first]
            sift(q, key, first, 0, length, value)


def sort_heap(q: Positions, key: Keys, first: int, last: int) -> None:
    """Turns a heap into a sorted run."""
    while last - first > 1:
        last -= 1
        value, q[last] = q[last], q[first]
        sift(q, key, first, 0, last - first, value)


def sift(q: Positions, key: Keys, first: int, hole: int, length: int, value: int) -> None:
    """Moves the hole down to a leaf, the larger child up each time, then ``value`` up from there."""
    start = child = hole
    while child < (length - 1) // 2:
        child = 2 * (child + 1)
        if key[q[first + child]] < key[q[first + child - 1]]:
            child -= 1
        q[first + hole] = q[first + child]
        hole = child
    if not length & 1 and child == (length - 2) // 2:
        child = 2 * (child + 1)
        q[first + hole] = q[first + child - 1]
        hole = child - 1
    while hole > start and key[q[first + (hole - 1) // 2]] < key[value]:
        q[first + hole] = q[first + (hole - 1) // 2]
        hole = (hole - 1) // 2
    q[first + hole] = value
