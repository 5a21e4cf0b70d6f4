"""The card, proved and measured: the command is scripts/gpu, one module for each of its parts."""

import os

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it torch cannot say that products repeat
