"""The emulation finds what it is there to find: wrong indices, missing barriers and deadlocks."""

import numpy as np
import pytest

REVERSED_BLOCK = """
extern "C" __global__ void reverse(double *x, int n) {{
    __shared__ double copy[64];
    copy[threadIdx.x] = x[blockIdx.x * n + threadIdx.x];
    {barrier}
    x[blockIdx.x * n + threadIdx.x] = copy[n - 1 - threadIdx.x];
}}
"""

WARP_SUMS = """
extern "C" __global__ void warp_sums(float *x) {
    float sum = x[threadIdx.x];
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
    x[threadIdx.x] = sum + 100 * __shfl_sync(~0u, x[threadIdx.x], 3);
}
"""

HALF_A_BARRIER = """
extern "C" __global__ void half_a_barrier(int) {
    if (threadIdx.x < 40) __syncthreads();
}
"""


def run(gpu, code, name, blocks, threads, arguments, backwards=False):
    kernel = gpu.RawModule(code=code).get_function(name)
    kernel.backwards = backwards
    kernel((blocks,), (threads,), arguments)


@pytest.mark.parametrize("backwards", [False, True])
def test_blocks_share_memory_among_their_threads(gpu, backwards):
    x = np.arange(128.0).reshape(2, 64)
    expected = x[:, ::-1].copy()
    code = REVERSED_BLOCK.format(barrier="__syncthreads();")
    run(gpu, code, "reverse", 2, 64, (x, np.int32(64)), backwards)
    np.testing.assert_array_equal(x, expected)


def test_a_missing_barrier_shows_in_the_order_of_the_threads(gpu):
    found = []
    for backwards in (False, True):
        x = np.arange(64.0)
        code = REVERSED_BLOCK.format(barrier="")
        run(gpu, code, "reverse", 1, 64, (x, np.int32(64)), backwards)
        found.append(x)
    assert (found[0] != found[1]).any()


def test_shuffles_stay_within_a_warp(gpu):
    x = np.arange(64, dtype=np.float32)
    sums = x.reshape(2, 32).sum(axis=1)
    run(gpu, WARP_SUMS, "warp_sums", 1, 64, (x,))
    np.testing.assert_array_equal(x[:32], sums[0] + 100 * 3)
    np.testing.assert_array_equal(x[32:], sums[1] + 100 * 35)


def test_a_barrier_that_not_all_threads_reach_is_found(gpu):
    with pytest.raises(RuntimeError, match="wait for one another"):
        run(gpu, HALF_A_BARRIER, "half_a_barrier", 1, 64, (np.int32(0),))
