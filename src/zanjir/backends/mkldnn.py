"""``backends.mkldnn``: Intel's oneDNN, which zanjir does not use."""

enabled = False


def is_available() -> bool:
    """Whether oneDNN can be used: ``False``."""
    return False
