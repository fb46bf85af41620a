"""KLoM of a pool: which models and which samples each set compares."""

import numpy as np
import pytest
from builders import one_sentence
from shadow_pool import M, pool

from kkt_unlearning.attacks.klom import Recipe, klom
from kkt_unlearning.attacks.outputs import outputs
from kkt_unlearning.errors import DataError
from kkt_unlearning.studies.membership.rows import SETS, klom_rows

FRACTIONS = (0.0, 1.0)
OPTIONS = {"fractions": FRACTIONS, "draws": 3, "recipe": Recipe(), "seed": 5, "s": 0}


def table(models):
    return list(klom_rows(pool(None), models=models, **OPTIONS))


def test_a_row_for_every_fraction_set_and_sample():
    rows = table(3)
    keys = [(row["fraction"], row["set"], row["sample"]) for row in rows]
    assert keys == [(f, name, x) for f in FRACTIONS for name in SETS for x in range(M)]
    assert all(np.isfinite(row["noise_p95"]) and row["klom"] >= 0 for row in rows)
    assert rows == table(3)


def test_values_are_those_of_the_models_that_the_set_names():
    shadows, x, z = pool(None), 2, 3
    found, member = outputs(shadows, FRACTIONS), shadows.member
    value = {(r["set"], r["fraction"]): r["klom"] for r in table(3) if r["sample"] == x}
    inside, outside = np.flatnonzero(member[:, x])[:3], np.flatnonzero(~member[:, x])[:3]
    expected = klom(found.unlearned[inside, 1, x, x], found.trained[outside, x]).value
    assert value["forget", 1.0] == expected
    for name, holds in (("retain", member[:, z]), ("fresh", ~member[:, z])):
        inside, outside = (
            np.flatnonzero(holds & side)[:3] for side in (member[:, x], ~member[:, x])
        )
        expected = klom(found.unlearned[inside, 1, x, z], found.trained[outside, z]).value
        assert value[name, 1.0] == expected


def test_beside_each_value_stands_that_of_the_models_before_they_forgot():
    rows = table(3)
    before = {(r["set"], r["sample"]): r["klom"] for r in rows if r["fraction"] == 0.0}
    assert all(row["klom_nothing"] == before[row["set"], row["sample"]] for row in rows)


def test_a_forgotten_sample_differs_most_before_it_is_forgotten():
    rows = [row for row in table(8 // 2) if row["set"] == "forget"]
    mean = {f: np.mean([r["klom"] for r in rows if r["fraction"] == f]) for f in FRACTIONS}
    assert mean[0.0] > mean[1.0]


def test_too_few_models_are_refused():
    with pytest.raises(DataError) as error:
        table(17)
    assert "only 16 shadow models of one kind are there for sample 0 (forget)" in one_sentence(
        error
    )
