"""How exact float64 is: what may count as 0, and which numbers are refused.

What else counts as 0 has its constant where its meaning is: on a kink
(:data:`kkt_unlearning.problem.ON_KINK`), of a margin (``POSITIVE`` and ``NOISE`` beside it), in the answer of
a quadratic program (:data:`kkt_unlearning.quadratic.solver.SOLVED`).
"""

ROUND_OFF = 1e-12
"""Of the largest of its kind, or of what is summed: a number that is 0 comes out no larger.

N operations are off by at most ``N ε/2``, ε = 2.2e-16, of the sum of the sizes: 1e-12 is N = 9,000, more than
a number takes here (in span coordinates a hundred for an inner product, the width for an output).
"""

TINY = 1e-300
"""Added to a divisor that may be 0, or its least: as good as 0, yet above the subnormal numbers."""

LARGEST = 1e100
"""Of a weight or the norm of a sample, the smallest is one over it: products of three are below 1.8e308."""
