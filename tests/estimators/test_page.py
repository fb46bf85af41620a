"""The code of docs/estimators.md runs, from the first block to the last, and shows what the page says."""

import re
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[2] / "docs/estimators.md"


def test_the_code_of_the_page_runs(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 4
    names = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert capsys.readouterr().out.startswith("separating: at θ̃ ε = ")
    assert names["one_by_one"].forgotten_.tolist() == [11, 2]
    assert names["one_by_one"].score(names["X_test"], names["y_test"]) > 0.9
    assert np.shape(names["unlearned"]) == (3,)
