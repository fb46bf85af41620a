"""The active equations for many samples: free coefficients packed to the front, neurons worked through in
chunks.

The work is one factorisation a neuron, of the size of its free set; memory does not grow with the number
of neurons.
"""

from dataclasses import dataclass

from kkt_unlearning.backends import WORK_ARRAY, Array, namespace
from kkt_unlearning.quadratic.activity import Activity
from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.system import NewtonSystem


@dataclass(frozen=True)
class _Free:
    """The free coefficients of some neurons, packed to the front: (B, n, f) with f the most of any.

    Attributes:
        samples: index of the sample; any in empty places.
        used: 1 where the place is used, else 0.
        place: ``(B, n, m)``, where a sample's coefficient is packed.
    """

    samples: Array
    used: Array
    place: Array


def packed_system(program: Program, active: Activity, proximal: float) -> NewtonSystem:
    """The system of a batch of programs, each with a Gram matrix of its own or all with the same."""
    xp, v = namespace(program.target), active.slope
    matrix = program.gram * (xp.matrix_transpose(v) @ v)
    pull = program.reward + xp.sum(v * active.gradient, axis=-2)
    for part in _parts(active.free):
        free = _packed(active.free[:, part, :])
        if free is None:
            continue
        rows, inner = _rows(program, free), _inner(program, free, proximal)
        goal = _values(active.gradient[:, part, :], free)[..., None]
        solved = xp.linalg.solve(inner, xp.concat([rows, goal], axis=-1))
        shape, w = (v.shape[0], -1, v.shape[-1]), v[:, part, None, :]
        left = xp.reshape(rows * w, shape)
        matrix = matrix - xp.matrix_transpose(left) @ xp.reshape(solved[..., :-1] * w, shape)
        pull = pull - xp.sum(v[:, part, :] * xp.sum(rows * solved[..., -1:], axis=-2), axis=-2)

    def response(change: Array) -> Array:
        return xp.concat(
            [_response(program, active, change, part, proximal) for part in _parts(active.free)],
            axis=1,
        )

    return NewtonSystem(matrix, pull, response)


def _response(
    program: Program, active: Activity, change: Array, part: slice, proximal: float
) -> Array:
    """``G_FF⁻¹ (g − (v∘δλ) G)_F`` where free, ``v δλ`` elsewhere, for a part of the neurons."""
    xp = namespace(change)
    bound = active.slope[:, part, :] * change[:, None, :]
    free = _packed(active.free[:, part, :])
    if free is None:
        return bound
    goal = _values(active.gradient[:, part, :] - bound @ program.gram, free)
    packed = xp.linalg.solve(_inner(program, free, proximal), goal[..., None])[..., 0]
    spread = xp.take_along_axis(packed, free.place, axis=-1)
    return xp.where(active.free[:, part, :], spread, bound)


def _parts(free: Array) -> list[slice]:
    """The neurons in chunks whose packed rows fit a work array."""
    xp = namespace(free)
    most = max(1, int(xp.max(xp.sum(xp.astype(free, xp.int64), axis=-1))))
    step = max(1, WORK_ARRAY // (free.shape[0] * most * free.shape[-1]))
    n = free.shape[1]
    return [slice(j, min(j + step, n)) for j in range(0, n, step)]


def _packed(free: Array) -> _Free | None:
    """None where nothing is free."""
    xp = namespace(free)
    counted = xp.astype(free, xp.int64)
    most = int(xp.max(xp.sum(counted, axis=-1)))
    if not most:
        return None
    order = xp.argsort(1 - counted, axis=-1, stable=True)[:, :, :most]
    used = xp.astype(xp.take_along_axis(free, order, axis=-1), xp.float64)
    place = xp.cumulative_sum(counted, axis=-1) - 1
    return _Free(order, used, xp.maximum(place, xp.zeros_like(place)))


def _rows(program: Program, free: _Free) -> Array:
    """``G_F·``, shape (B, n, f, m), 0 in empty places."""
    xp, gram = namespace(program.gram), program.gram
    batch, m = free.samples.shape[0], gram.shape[-1]
    index = free.samples
    if gram.shape[0] > 1:
        index = index + m * xp.arange(batch, dtype=index.dtype, device=index.device)[:, None, None]
    rows = xp.take(xp.reshape(gram, (-1, m)), xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(rows, (*free.samples.shape, m)) * free.used[..., None]


def _inner(program: Program, free: _Free, proximal: float) -> Array:
    """``G_FF + μ G_ii``, shape (B, n, f, f), the identity in empty places."""
    xp = namespace(program.gram)
    rows = _rows(program, free)
    spread = (*rows.shape[:-1], free.samples.shape[-1])
    columns = xp.broadcast_to(free.samples[:, :, None, :], spread)
    square = xp.take_along_axis(rows, columns, axis=-1) * free.used[:, :, None, :]
    damping = proximal * _values(program.curvature, free) + (1.0 - free.used)
    identity = xp.eye(spread[-1], dtype=rows.dtype, device=rows.device)
    return square + identity * damping[:, :, None, :]


def _values(values: Array, free: _Free) -> Array:
    """Entries of ``values (B or 1, n or 1, m)`` at the packed places, 0 in empty ones."""
    xp = namespace(values)
    shape = (*free.samples.shape[:-1], values.shape[-1])
    return xp.take_along_axis(xp.broadcast_to(values, shape), free.samples, axis=-1) * free.used
