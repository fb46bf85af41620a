"""Tables of a sweep over ``mixing`` (or ``dimension``) in which cost and crowding are known."""

import itertools

import numpy as np

SAMPLES = 5


def study(costs, crowdings, least=0.1, seeds=3, along="mixing", first=1.0):
    """ε, δ with this ``max(√m ε, δ)`` and φ with this crowding, at ``first`` and ``least``."""
    keys = (along, "network", "seed", "forget")
    cases = list(itertools.product((first, least), ("linear", "two_layer"), range(seeds), range(2)))
    table = {
        key: np.array(column) for key, column in zip(keys, zip(*cases, strict=True), strict=True)
    }
    size = len(cases)
    table |= {"start": np.full(size, "exact"), "fraction": np.ones(size)}
    table["relative_delta"] = np.where(table[along] == first, *costs)
    table["epsilon"] = table["relative_delta"] / 2 / SAMPLES**0.5
    table |= {name: np.full(size, 1e-3) for name in ("tau", "tau_star")}
    table["nothing_at_0.1"] = np.full(size, 0.9 / SAMPLES**0.5)
    table |= {f"accuracy_{name}": np.full(size, 0.9) for name in ("original", "unlearned")}
    return (
        table,
        geometry(crowdings, (first, least), seeds, along),
        exact((first, least), seeds, along),
    )


def geometry(crowdings, values, seeds, along):
    swept = np.repeat(values, seeds)
    phi = np.where(swept == values[0], *crowdings) / (SAMPLES - 1)
    size = len(swept)
    return {
        along: swept,
        "seed": np.tile(np.arange(seeds), 2),
        "phi": phi,
        "psi": np.zeros(size),
        "gram_condition": np.full(size, np.inf),
        "rank": np.full(size, SAMPLES - 1),
        "separable": np.ones(size, bool),
    }


def exact(values, seeds, along="mixing", support=range(SAMPLES)):
    """Multipliers 1 of the supporting samples, 0 of the others."""
    rows = list(itertools.product(values, ("linear", "two_layer"), range(seeds), range(SAMPLES)))
    names = (along, "network", "seed", "sample")
    columns = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
    return columns | {"exact": np.isin(columns["sample"], list(support)).astype(float)}
