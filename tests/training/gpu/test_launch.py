"""Every network of a size that fits is spread over the threads completely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.training.gpu.launch import SAMPLES_MOST, Launch, multiply_adds, neurons_most

samples = st.integers(1, SAMPLES_MOST)
itemsize = st.sampled_from([4, 8])


@given(st.data(), samples, itemsize)
def test_threads_cover_the_neurons_and_fit_a_multiprocessor(data, m, size):
    n = data.draw(st.integers(1, neurons_most(m, size)))
    launch = Launch.of(n, m, size)
    assert launch.rows * launch.threads >= n
    assert (launch.rows - 1) * launch.threads < n  # and none has a row too many
    assert launch.threads % 32 == 0 and launch.threads * launch.blocks <= 256
    assert launch.rows * m * size <= 4 * 255  # state alone, of 255 registers of 4 bytes


@given(samples, itemsize)
def test_the_widest_network_takes_all_threads(m, size):
    assert Launch.of(neurons_most(m, size), m, size).threads == 256


@pytest.mark.parametrize(
    ("n", "m", "expected"), [(1000, 10, (8, 128, 2)), (1, 10, (1, 32, 8)), (200, 10, (7, 32, 8))]
)
def test_sizes_of_the_pipeline(n, m, expected):
    launch = Launch.of(n, m, 8)
    assert (launch.rows, launch.threads, launch.blocks) == expected


def test_multiply_adds_of_a_step():
    n, m = 3, 2  # u_j A_ji P_ji once an entry; u_j A_ji M_ik for every entry and k
    assert multiply_adds(n, m) == sum(1 + m for _ in range(n) for _ in range(m))
