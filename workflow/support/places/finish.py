"""Where the results of a run are, for the end of it."""

from pathlib import Path

_KINDS = {
    "figures": "paper_figures",
    "scorecard": "paper_figures/scorecard.md",
    "findings": "docs/findings.md",
    "tables": "results/tables",
    "experiments of your own": "results/own",
    "to look through in a browser": "results/explorer.html",
}


def where(folder: Path) -> str:
    """One line with what there is in the folder of the run; empty where there is nothing yet."""
    found = [f"{kind}: {path}" for kind, path in _KINDS.items() if (folder / path).exists()]
    return f"results in {folder.resolve()}: {'; '.join(found)}" if found else ""
