"""The certificate surface of an audit as a PNG."""

import io
import logging
import os
from collections.abc import Callable

import numpy as np

from kkt_unlearning.audit import Certification
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.studies.drawing import load_matplotlib

_DELTAS = (0.0, *np.geomspace(1 / 64, 4.0, 17).tolist())  # of the δ of the restored network
_TAUS = (0.0, *np.geomspace(1 / 4096, 1.0, 25).tolist())  # of τ*
_PATH = 16  # candidates on each part of the way to the exact point


def picture(
    found: Certification, trained_outputs: bool, report: Callable[[str], None] | None
) -> bytes:
    """ε over the allowed δ and τ.

    Raises:
        DataError: the network does not separate, or its output weights are trained, so that there is nothing
            to draw; or matplotlib and seaborn are not installed.
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    if found.origin is None or not found.smallest_margin > 0:
        raise DataError(
            "--plot: the unlearned network does not classify every retained sample, so there is no "
            "certificate to draw; leave the option out."
        )
    if trained_outputs:
        raise DataError(
            "--plot: the surface is known for fixed output weights alone, and these are trained; leave the "
            "option out."
        )
    draw, styled = _drawing()
    from kkt_unlearning.certificates.surface import surface

    if report is not None:
        report("certificate surface")
    origin, file = found.origin, io.BytesIO()
    least = surface(origin.steps, [origin.retained], _DELTAS, _TAUS, _PATH)
    with styled():
        draw(least).savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _drawing() -> tuple[Callable, Callable]:
    """What draws, and the style that it is drawn in.

    Raises:
        DataError: matplotlib is not installed, or a style of the user's keeps them from loading.
    """
    # No window is opened, so other backends need not be there; and settings that it warns of are not used.
    os.environ["MPLBACKEND"] = "agg"
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        load_matplotlib()
        from kkt_unlearning.cli.surface_map import draw
        from kkt_unlearning.studies.style import styled
    except ImportError as error:
        raise DataError(
            f"--plot: {error.name} is not installed; in a checkout of this project, run "
            "pip install '.[plot]'."
        ) from error
    except (ValueError, OSError) as error:
        raise DataError(
            f"--plot: matplotlib does not load ({one_line(error)}); remove or mend the styles in its folder "
            "of settings (stylelib/*.mplstyle)."
        ) from error
    return draw, styled
