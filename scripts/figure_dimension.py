"""Rule figure_dimension: distance to the retrained network and certificate against d."""

from _figure import write_figure
from _job import job
from _storage import read_table

from kkt_unlearning.plotting.dimension import draw


def main(snakemake):
    tables = [read_table(getattr(snakemake.input, name)) for name in ("table", "dataset")]
    write_figure(snakemake.output, *draw(*tables))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
