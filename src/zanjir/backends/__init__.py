"""``backends``: switches of libraries PyTorch may compute with. Programs may set them; zanjir uses none of them."""

from . import cuda, cudnn, mkldnn, mps

__all__ = ["cuda", "cudnn", "mkldnn", "mps"]
