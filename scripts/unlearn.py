"""Rule unlearn: KKT points -> unlearned networks, for every start, forget set and fraction."""

import numpy as np
from _job import job
from _replicates import points, replicates
from _storage import read_arrays, write_arrays

from kkt_unlearning.problem import explicit_forget_sets
from kkt_unlearning.unlearning import unlearn_all


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    forget_sets = explicit_forget_sets(batch.y.shape[1], settings["forget"])
    starts = {"exact": [None] * len(batch.y), "trained": trained["W"]}
    W = [
        [
            unlearn_all(point, forget_sets, settings["fractions"], trained=starts[start][s]).W
            for start in settings["starts"]
        ]
        for s, point in enumerate(points(read_arrays(snakemake.input.points), batch))
    ]
    write_arrays(snakemake.output.unlearned, W=np.array(W))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
