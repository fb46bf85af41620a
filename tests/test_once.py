"""What tests share is made once, for all who ask for it at the same time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_others_wait_for_whoever_makes_it(once):
    """Threads here, which open the lock as processes do."""
    made = []

    def make(folder):
        made.append(folder)
        folder.mkdir()
        time.sleep(0.2)  # the others come meanwhile
        (folder / "whole").touch()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: (once("asked_for", make) / "whole").exists(), range(4)))
    assert found == [True] * 4
    assert len(made) == 1


def test_a_failure_is_everybodys_and_nothing_is_tried_twice(once):
    tried = []

    def make(folder):
        tried.append(folder)
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(
            pytest.fail.Exception, match=r"refused was not made: ValueError\('no'\)"
        ):
            once("refused", make)
    assert len(tried) == 1
