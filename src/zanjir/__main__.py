"""``python -m zanjir``: the same as the command ``zanjir``."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
