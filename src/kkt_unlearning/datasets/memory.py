"""Sizes that a file declares, held against the machine before anything of that size is made."""

import os

from kkt_unlearning.errors import DataError

_LARGEST = 10**300  # bytes; beyond this a float, which is what the sentence prints, ends


def check_memory(needed: int, name: str, remedy: str, note: str = "") -> None:
    """``needed ≤`` memory of this machine.

    Args:
        needed: bytes of all arrays that are to be held at the same time.
        name: what the sentence calls the file.
        remedy: what to do, without the full stop.
        note: words after the memory needed, such as what it was counted for.

    Raises:
        DataError: the machine has less; the sentence says how much is needed and how much there is.
    """
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > available:
        raise DataError(
            f"{name}: its arrays would need {min(needed, _LARGEST) / 1e9:.3g} GB of memory{note}, but "
            f"this machine has {available / 1e9:.3g} GB: {remedy}."
        )
