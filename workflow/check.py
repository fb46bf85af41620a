"""Check configuration files of somebody else: ``python -m workflow.check theirs.yaml``, or ``make check``.

Snakemake reads the files of ``--configfile`` before the Snakefile can look at them, and runs what they say
as Python where they ask for it (``__use_yte__``). This reads them first and runs nothing.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workflow.support.configuration.check import check_files
from workflow.support.configuration.mistakes import listed, shown

ROOT = Path(__file__).parents[1]


def main(on_top: Sequence[str]) -> None:
    """Say that Snakemake can be given these files, or end the program with one sentence.

    Args:
        on_top: configuration files, of which a later one counts more.

    Raises:
        SystemExit: there is a mistake, or a file is missing or not named.
    """
    if not any(on_top):
        raise SystemExit("error: no file is named: write make check CONFIG=theirs.yaml.")
    for path in on_top:
        if not os.path.isfile(path):  # not pathlib, which raises where a name is too long
            raise SystemExit(f"error: {shown(path)}: there is no such file: write its path.")
    check_files(ROOT, on_top)
    print(f"{listed(map(shown, on_top))} can be given to snakemake, with --configfile.")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
