"""Tables of the study crowding, of a planted law and of data sets of known ψ and φ."""

import itertools

from result_tables import columns


def changes(law, sizes=(10, 20, 40), dimensions=(100, 1000), networks=("linear", "narrow")):
    rows = [
        {
            **{"experiment": "crowding", "samples": m, "dimension": d, "network": network},
            **{"seed": s, "forget": str(r), "phi": (1 + s) / d**0.5},
            **{"epsilon_at_0.1": 0.01 * (1 + r), "tau": 1e-3, "nothing_at_0.1": m**-0.5},
            **{"nothing_tau": 0.0},
            "margin_change": law(m, m * (1 + s) / d**0.5, network) * (1.0, 1.0, 5.0)[r],
        }
        for m, d, network, s, r in itertools.product(
            sizes, dimensions, networks, range(2), range(3)
        )
    ]
    return columns(rows)


def geometry(**settings):
    """Data sets of crowding ``9 φ/(1 − ψ)`` 0.45, 0.9 and 1.8, for m = 10, in each setting."""
    rows = [
        {"experiment": "x", **dict(zip(settings, values, strict=True))}
        | {"seed": s, "psi": 0.5, "phi": phi, "rank": 10}
        for values in itertools.product(*settings.values())
        for s, phi in enumerate((0.025, 0.05, 0.1))
    ]
    return columns(rows)
