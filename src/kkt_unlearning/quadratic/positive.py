"""Systems of one positive definite matrix, which is factorised once."""

import numpy as np

# The largest size at which NumPy is as fast as LAPACK by way of SciPy, which takes 0.1 s to load.
_SMALL = 32


class Positive:
    """A symmetric positive definite ``matrix (k, k)``, which is overwritten.

    Raises:
        numpy.linalg.LinAlgError: it is not positive definite; a small one may only say so in ``solve``, and
            only if it is singular.
    """

    __slots__ = ("_content", "_small")

    def __init__(self, matrix: np.ndarray) -> None:
        self._content, self._small = matrix, len(matrix) <= _SMALL
        if self._small:
            return
        from scipy.linalg.lapack import dpotrf  # here: slow to load

        # read by columns it is the same matrix, and is not copied
        self._content, failed = dpotrf(matrix.T, lower=1, clean=0, overwrite_a=1)
        if failed:
            raise np.linalg.LinAlgError("not positive definite")

    def solve(self, b: np.ndarray) -> np.ndarray:
        """``x (k,)`` with ``matrix x = b``."""
        if self._small:
            return np.linalg.solve(self._content, b)
        from scipy.linalg.lapack import dpotrs

        return dpotrs(self._content, b, lower=1)[0]

    def least_height(self) -> float:
        """Of vectors with this Gram matrix, the least distance of one from the span of those before it."""
        try:
            factor = np.linalg.cholesky(self._content) if self._small else self._content
        except np.linalg.LinAlgError:
            return 0.0
        return float(factor.diagonal().min())
