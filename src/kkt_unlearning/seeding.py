"""Independent streams of random numbers, one for each (purpose, replicate) of a root seed."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What random numbers are drawn for.

    The numbers enter the seeds, so they may be added to but never changed: a change gives every
    result new data.
    """

    DATA = 0  # the training sample
    FRESH = 1  # samples held out of training, which accuracy is measured on
    SHARED = 2  # what training and fresh samples have in common, such as the mean of a class
    INITIAL_WEIGHTS = 3  # the parameters a network starts from, also when it is retrained
    FORGET_SETS = 4  # which points are forgotten, and in which order
    MEMBERSHIP = 5  # which samples of a pool each shadow model is trained on
    SHADOW_WEIGHTS = 6  # the parameters that shadow models start from
    DEEP_WEIGHTS = 7  # the parameters of networks of more than two layers
    BOOTSTRAP = 8  # which replicates a resample has


def generator(seed: int, stream: Stream | str, replicate: int) -> np.random.Generator:
    """Generator of ``SeedSequence(seed, spawn_key=(stream, replicate))``.

    Streams are independent, so replicate ``r`` does not depend on how many replicates there are,
    and drawing more fresh samples leaves the training sample as it is.

    Args:
        seed: root entropy, a non-negative integer.
        stream: member of `Stream` or its name in lower case, such as ``"initial_weights"``.
        replicate: index of the replicate, from 0.

    Returns:
        A generator in its initial state: two calls with the same arguments draw the same numbers.

    Raises:
        KeyError: no stream has that name.
    """
    member = Stream[stream.upper()] if isinstance(stream, str) else stream
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(member), replicate)))
