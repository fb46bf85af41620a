"""Rule figure_step_size: the certificate against the step."""

from _figure import write_figure
from _job import job
from _storage import read_table

from kkt_unlearning.plotting.step_size import draw


def main(snakemake):
    tables = [read_table(getattr(snakemake.input, name)) for name in ("table",)]
    write_figure(snakemake.output, *draw(*tables))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
