"""``backends.mps``: Apple's GPUs, on which zanjir does not compute."""


def is_available() -> bool:
    """Whether there is such a GPU to compute on: ``False``."""
    return False


def is_built() -> bool:
    """Whether this library was built with support for it: ``False``."""
    return False
