"""Rule figure_digits: the whole story on real data."""

from _figure import write_figure
from _job import job
from _storage import read_table

from kkt_unlearning.plotting.digits import draw


def main(snakemake):
    tables = [
        read_table(getattr(snakemake.input, name)) for name in ("table", "dataset", "multipliers")
    ]
    write_figure(snakemake.output, *draw(*tables))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
