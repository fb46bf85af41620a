"""The active equations with one small inverse a neuron, all in memory at once: for programs of modest size.

With ``M = G_FF⁻¹`` (0 elsewhere), ``δC = M g − Y δλ`` on F, ``Y = M G diag(v)`` and
``H = Σ_j diag(v)(G − G M G)diag(v)``.
"""

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.quadratic.activity import Activity
from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.system import NewtonSystem, inverses

_INVERSES = 2**20  # numbers in the array of the inverses


def fits(program: Program) -> bool:
    """Whether the inverses of all neurons are few enough."""
    batch, n, m = program.target.shape
    return batch * n * m * m <= _INVERSES


def dense_system(program: Program, active: Activity, proximal: float) -> NewtonSystem:
    """The system of a batch of programs, each with a Gram matrix of its own or all with the same."""
    xp, v = namespace(program.target), active.slope
    gram = program.gram[:, None, :, :]
    inverse = inverses(gram, program.curvature, active.free, proximal)
    coupling = inverse @ gram * v[:, :, None, :]
    schur = v[..., None] * (gram * v[:, :, None, :] - gram @ coupling)
    own = (inverse @ active.gradient[..., None])[..., 0]
    pull = program.reward + xp.sum(v * (active.gradient - own @ program.gram), axis=-2)

    def response(change: Array) -> Array:
        moved = own - (coupling @ change[:, None, :, None])[..., 0]
        return xp.where(active.free, moved, v * change[:, None, :])

    return NewtonSystem(xp.sum(schur, axis=1), pull, response)
