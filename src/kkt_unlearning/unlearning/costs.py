"""What the methods cost, counted in gradients of one sample.

In span coordinates one gradient of one sample changes the pre-activations by one outer product, n·m
multiply-adds; a step of descent on m samples is m of them, ``O(n m²)``. Everything else is counted in
multiply-adds as well and divided by n·m. Counts, not seconds, so that they are the same on all machines.
``docs/questions/recovery.md``.
"""


def dual_cost(samples: int, cells: int = 1) -> float:
    """``cells · (m + m²/3)``: one Newton step of the multipliers in each cell, a least count.

    Its equations are put together from n matrices (m, m), ``n m²`` multiply-adds, and eliminate the free
    coefficients of n neurons, at most ``n m³/3``. Trial steps of the solver come on top.
    """
    return cells * (samples + samples**2 / 3)


def influence_cost(samples: int) -> float:
    """``2m``: the inner products of m gradients, ``n m²`` multiply-adds, and a combination of all of them.

    The linear system of the retain set, ``m³/3`` without a factor n, is left out.
    """
    return 2.0 * samples


def retain_free_cost(samples: int, width: int, dimension: int, forgotten: int) -> float:
    """``k (n d)² / (n m)``: k products with the stored inverse of a Hessian of all n·d weights.

    In span coordinates of the pipeline ``d = m + 1`` at most. The forgotten gradients themselves and a system
    of k equations are left out.
    """
    return forgotten * width * dimension**2 / samples


def descent_cost(samples_used: int, steps: int) -> float:
    """``t`` steps on so many samples; samples of weight 0 cost nothing."""
    return float(samples_used * steps)
