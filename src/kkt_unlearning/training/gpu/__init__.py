"""Training of thousands of networks at once on a GPU, many steps in one launch.

Not run on a GPU yet: the kernel has been compiled for one (sm_90, no spilled registers at m = 10), and its
arithmetic has been compared with NumPy's by running the same source on a CPU (``tests/gpu``).
``benchmarks/gpu_check.py`` does the rest on a machine that has one.
"""

from kkt_unlearning.training.gpu.fused import fused_descent, obstacle
from kkt_unlearning.training.gpu.launch import Launch

__all__ = ["Launch", "fused_descent", "obstacle"]
