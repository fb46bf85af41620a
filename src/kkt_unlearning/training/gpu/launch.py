"""How a network is spread over the threads of one block, and what that should cost.

A prediction for 1,000 steps of 1,000 networks (m = 10, n = 1000, float64) on an H200, not a measurement. Its
132 multiprocessors have 4 parts of 16 float64 lanes at up to 1.98 GHz. As compiled, a warp issues about 1,880
instructions a step, one a cycle, of which some 940 keep the float64 lanes busy for two cycles each. With two
networks of 4 warps on a multiprocessor, each part has two warps, so a step of both takes 3,760 cycles or
more, and 1,000 networks are 4 rounds of 264: 7.6 ms. If nothing hid the estimated 1,400 cycles in which a
network waits for its margins, it would be 10.4 ms. The multiply-adds alone take 6.6 ms at the peak rate.
"""

from dataclasses import dataclass

WARP = 32
SAMPLES_MOST = WARP  # each sample has a lane of its own while the slopes are worked out
_ROWS_MOST = 16
_THREADS_MOST = 256  # of 255 registers each: all that a multiprocessor has
_STATE_BYTES = (
    720  # of registers for a thread's rows and one row of M; with more, nvcc spills at some m
)


@dataclass(frozen=True)
class Launch:
    """The compile-time sizes of ``descent.cu`` for networks of n neurons and m samples.

    Attributes:
        rows: neurons a thread, whose pre-activations stay in its registers.
        threads: threads a block (a network), a multiple of 32.
        blocks: networks resident on a multiprocessor. While one waits for its margins the others compute.
    """

    rows: int
    threads: int
    blocks: int

    @classmethod
    def of(cls, neurons: int, samples: int, itemsize: int) -> "Launch":
        """As many rows a thread as fit (they share each load of M), then as few as the threads allow."""
        warps = -(-neurons // (_rows_most(samples, itemsize) * WARP))
        threads = warps * WARP
        return cls(-(-neurons // threads), threads, max(1, _THREADS_MOST // threads))


def neurons_most(samples: int, itemsize: int) -> int:
    """The widest network whose pre-activations fit the registers of one multiprocessor."""
    return _rows_most(samples, itemsize) * _THREADS_MOST


def _rows_most(samples: int, itemsize: int) -> int:
    return max(1, min(_ROWS_MOST, _STATE_BYTES // (samples * itemsize) - 1))


def multiply_adds(neurons: int, samples: int) -> int:
    """Of one step of one network: ``n m`` for the margins and ``n m²`` for ``P ← P + η D G``.

    Entries with ``A_ji = 0`` count: a warp computes its 32 neurons together, so no thread can skip them.
    """
    return neurons * samples * (samples + 1)
