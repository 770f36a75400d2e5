"""Makes ``import torch`` find zanjir in the child processes of a script that runs under ``zanjir run``.

A child that multiprocessing starts afresh ("spawn", "forkserver") inherits ``sys.path`` and imports the script once
more, but inherits no import hooks. ``zanjir run`` therefore puts the directory above this one on ``sys.path``.
"""

import sys

del sys.modules[__name__]  # else this half-made module would be taken for the real torch

from zanjir.standin import install_as_torch  # noqa: E402

install_as_torch()  # sys.modules["torch"] is zanjir now, and the import statement takes what stands there
