"""Max-margin classifiers that can unlearn, with the interface of scikit-learn and an ``unlearn`` besides.

Only this package and some data sets need scikit-learn. ``docs/estimators.md``.
"""

try:
    import sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        "kkt_unlearning.estimators needs scikit-learn, which is not installed: pip install scikit-learn."
    ) from error

from kkt_unlearning.estimators.linear import MaxMarginLinear
from kkt_unlearning.estimators.two_layer import MaxMarginTwoLayer

__all__ = ["MaxMarginLinear", "MaxMarginTwoLayer"]
