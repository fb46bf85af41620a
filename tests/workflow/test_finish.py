"""At the end of a run stands where its results are."""

from workflow.support.places.finish import where


def test_what_is_there_is_named(tmp_path):
    assert where(tmp_path) == ""
    (tmp_path / "results/tables").mkdir(parents=True)
    (tmp_path / "results/explorer.html").touch()
    found = "tables: results/tables; to look through in a browser: results/explorer.html"
    assert where(tmp_path) == f"results in {tmp_path.resolve()}: {found}"
