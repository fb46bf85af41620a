"""Options of the measure klom beside those of membership, whose shadow models it compares."""

from collections.abc import Callable
from typing import Any, NoReturn


def check_models(experiment: dict[str, Any], _: Any, fail: Callable[..., NoReturn]) -> None:
    """No more models behind a histogram than a quarter of the shadow models.

    Half of them hold a sample x. Of those a models hold another sample z as well, and as many of the
    other half hold neither; the smaller of a and half less a is at most a quarter. That fewer are
    there by chance only the job can know.

    Args:
        fail: ``fail(*keys, text=...)`` raises the one sentence, keys below the experiment.
    """
    if "klom" not in experiment["measures"]:
        return
    wanted, models = (experiment[name]["models"] for name in ("klom", "membership"))
    if wanted > models // 4:
        fail(
            "klom",
            "models",
            text=f"the value is {wanted}, but of {models} shadow models at most a quarter, {models // 4}, "
            "can hold one sample and not another: lower it, or raise membership.models to "
            f"{4 * wanted} or more.",
        )
