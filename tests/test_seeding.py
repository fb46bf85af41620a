"""Streams of random numbers: the same for the same arguments, different for any other."""

from itertools import combinations, product

import numpy as np
import pytest

from kkt_unlearning.seeding import Stream, generator


def draw(seed, stream, replicate):
    return generator(seed, stream, replicate).standard_normal(8)


def test_same_arguments_draw_the_same_numbers():
    assert np.array_equal(draw(7, Stream.DATA, 3), draw(7, Stream.DATA, 3))


def test_every_seed_stream_and_replicate_has_numbers_of_its_own():
    draws = [draw(*key) for key in product((0, 1), Stream, (0, 1))]
    assert not any(np.array_equal(one, other) for one, other in combinations(draws, 2))


@pytest.mark.parametrize("stream", Stream)
def test_a_stream_goes_by_its_lower_case_name(stream):
    assert np.array_equal(draw(7, stream.name.lower(), 0), draw(7, stream, 0))


def test_an_unknown_stream_is_an_error():
    with pytest.raises(KeyError):
        generator(7, "weights", 0)


def test_streams_keep_their_numbers():
    # They are part of every seed: renumbering would silently change all results.
    numbers = {stream.name: int(stream) for stream in Stream}
    assert numbers == {
        "DATA": 0,
        "FRESH": 1,
        "SHARED": 2,
        "INITIAL_WEIGHTS": 3,
        "FORGET_SETS": 4,
        "MEMBERSHIP": 5,
        "SHADOW_WEIGHTS": 6,
        "DEEP_WEIGHTS": 7,
        "BOOTSTRAP": 8,
    }


def test_numbers_come_from_the_documented_seed_sequence():
    expected = np.random.default_rng(np.random.SeedSequence(7, spawn_key=(1, 2))).standard_normal(8)
    assert np.array_equal(draw(7, Stream.FRESH, 2), expected)
