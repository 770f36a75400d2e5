"""The version, in one place; the build reads ``__version__`` from this file. The rest is what ``torch.version`` has."""

from __future__ import annotations

__version__ = "0.1.0"

debug = False
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
git_version: str | None = None
