"""The bundles of jobs that a profile names for a cluster."""

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from typing import Any

from workflow.support.places.asked import Asked


def refuse_circles(settings: Any, asked: Asked) -> None:
    """End the program if bundles that are put together as it comes could wait for each other.

    In each run Snakemake draws again which connected components share a bundle. So of the same bundles it
    says that a group depends on itself, or that it has a bug, or it starts a run that waits for ever.

    Args:
        settings: Snakemake's, on groups, once it has them (``onstart``).
        asked: all jobs.

    Raises:
        SystemExit: they could; the message is one sentence.
    """
    drawn = {name for name, number in settings.group_components.items() if number > 1}
    bundle = {rule: name for rule, name in settings.overwrite_groups.items() if name in drawn}
    if not bundle:
        return
    waits = defaultdict[str, set[str]](set)
    for record, job in asked.jobs().items():
        places = (asked.place(path) for path in (record, *job.inputs))
        after, *before = (bundle.get(place.rule, place.rule) for place in places if place)
        waits[after] |= {*before} - {after}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise SystemExit(
            f"error: groups of the profile: bundles could wait for each other ({circle}): put "
            "such rules into one bundle, as dataset with train, or write 1 in group-components."
        ) from None
