"""Rule figure_orthogonality: the decay of the guarantee on correlated data."""

from _figure import write_figure
from _job import job
from _storage import read_table

from kkt_unlearning.plotting.orthogonality import draw


def main(snakemake):
    tables = [read_table(getattr(snakemake.input, name)) for name in ("table", "dataset")]
    write_figure(snakemake.output, *draw(*tables))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
