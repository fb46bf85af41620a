"""The active equations where many neurons share them: one small inverse for all of those.

With few samples, the neurons of a batch come in few groups: those of one kind whose bounds hold at the
same samples. The formulas are those of :mod:`kkt_unlearning.quadratic.dense`, group by group.
"""

from dataclasses import dataclass

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.quadratic.activity import Activity
from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.system import NewtonSystem, inverses

_KEYS = 2**62  # distinct rows that a 64-bit integer can number, its sign left alone


@dataclass(frozen=True)
class Sharing:
    """Which of N = B n neurons (batch by batch) share their equations.

    Attributes:
        member: the group of each neuron, (N,).
        order: neurons sorted by group, (N,).
        place: where each neuron went in that order, (N,).
        edges: where each group starts in the order, and N; a list of g + 1 numbers.
        first: one neuron of each group, (g,).
    """

    member: Array
    order: Array
    place: Array
    edges: list[int]
    first: Array

    def __len__(self) -> int:
        return len(self.edges) - 1


def sharing(program: Program, active: Activity) -> Sharing | None:
    """The groups of equal (kind, free entries, bounds that are not 0); None where it does not pay."""
    xp, m = namespace(program.target), program.target.shape[-1]
    if program.kind is None or program.gram.shape[0] > 1 or 4**m * program.kinds >= _KEYS:
        return None
    powers = 2 ** xp.arange(m, dtype=xp.int64, device=program.gram.device)
    bits = xp.astype(active.free, xp.int64) * 2**m + xp.astype(active.slope != 0, xp.int64)
    codes = xp.sum(bits * powers, axis=-1) + program.kind * 4**m
    found = xp.unique_inverse(xp.reshape(codes, (-1,)))
    groups, member = found.values.shape[0], xp.reshape(found.inverse_indices, (-1,))
    if groups * 8 > member.shape[0]:
        return None
    small = xp.astype(member, xp.uint16) if groups < 2**16 else member  # which sorts in linear time
    order = xp.argsort(small, stable=True)
    numbers = xp.arange(groups, dtype=member.dtype, device=member.device)
    starts = xp.searchsorted(xp.take(member, order), numbers)
    return Sharing(
        member=member,
        order=order,
        place=xp.argsort(order),
        edges=[*(int(e) for e in starts), member.shape[0]],
        first=xp.take(order, starts),
    )


def shared_system(
    program: Program, active: Activity, shared: Sharing, proximal: float
) -> NewtonSystem:
    """The system of a batch of programs with one Gram matrix."""
    xp, (batch, n, m) = namespace(program.target), program.target.shape
    free, v = _rows(active.free, shared), _rows(active.slope, shared)
    gram = program.gram[0, ...]
    inverse = inverses(gram, program.curvature[0, 0, :], free, proximal)
    coupling = inverse @ gram * v[:, None, :]
    schur = v[:, :, None] * (gram * v[:, None, :] - gram @ coupling)
    counts = _counts(shared, batch, n)
    matrix = xp.reshape(counts @ xp.reshape(schur, (-1, m * m)), (batch, m, m))
    own = _apply(xp.reshape(active.gradient, (-1, m)), inverse, shared)
    own = xp.reshape(own, (batch, n, m))
    pull = program.reward + xp.sum(active.slope * (active.gradient - own @ gram), axis=-2)

    def response(change: Array) -> Array:
        moved = xp.reshape(coupling, (-1, m)) @ xp.matrix_transpose(change)
        moved = xp.permute_dims(xp.reshape(moved, (len(shared), m, batch)), (2, 0, 1))
        numbers = len(shared) * xp.arange(batch, device=gram.device, dtype=shared.member.dtype)
        index = xp.reshape(xp.reshape(shared.member, (batch, n)) + numbers[:, None], (-1,))
        taken = xp.reshape(xp.take(xp.reshape(moved, (-1, m)), index, axis=0), (batch, n, m))
        return xp.where(active.free, own - taken, active.slope * change[:, None, :])

    return NewtonSystem(matrix, pull, response)


def _rows(values: Array, shared: Sharing) -> Array:
    """One row a group from ``values (B, n, m)``."""
    xp = namespace(values)
    return xp.take(xp.reshape(values, (-1, values.shape[-1])), shared.first, axis=0)


def _counts(shared: Sharing, batch: int, n: int) -> Array:
    """How many neurons of each group each program has, as floats ``(B, g)``."""
    xp, groups = namespace(shared.member), len(shared)
    programs = xp.arange(batch, dtype=shared.member.dtype, device=shared.member.device)
    keys = xp.sort(
        xp.reshape(xp.reshape(shared.member, (batch, n)) + groups * programs[:, None], (-1,))
    )
    numbers = xp.arange(batch * groups + 1, dtype=keys.dtype, device=keys.device)
    edges = xp.searchsorted(keys, numbers)
    return xp.reshape(xp.astype(edges[1:] - edges[:-1], xp.float64), (batch, groups))


def _apply(rows: Array, matrices: Array, shared: Sharing) -> Array:
    """Row by row ``r ↦ r M`` with the symmetric matrix of its group."""
    xp = namespace(rows)
    ordered = xp.take(rows, shared.order, axis=0)
    parts = [
        ordered[start:stop, :] @ matrices[g, :, :]
        for g, (start, stop) in enumerate(zip(shared.edges[:-1], shared.edges[1:], strict=True))
    ]
    return xp.take(xp.concat(parts, axis=0), shared.place, axis=0)
