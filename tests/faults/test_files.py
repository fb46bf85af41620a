"""Files that are damaged, and files with times that cannot be."""

import os
import time
from pathlib import Path

import pytest

CLOCKS = 10
YEAR = 365 * 24 * 3600


def cut_short(content, chance):
    return content[: chance.randrange(len(content))]


def bit_flipped(content, chance):
    place = chance.randrange(len(content))
    return (
        content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
    )


DAMAGES = {"truncated": cut_short, "one bit flipped in": bit_flipped}
KINDS = {
    "arrays": lambda name: name.endswith(".npz"),
    "a table of one setting": lambda name: name.endswith(".csv") and "/tables/" not in name,
    "a final table": lambda name: name.startswith("results/tables/") and name.endswith(".csv"),
    "a record": lambda name: name.endswith(".provenance.json"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_is_damaged(finished, tally, chance, tmp_path, damage, kind):
    """Final tables are as before, and nothing that was damaged stays, whether anybody reads it or not."""
    row = tally(f"{damage} {kind}")
    for name in sorted(filter(KINDS[kind], finished.files())):
        folder = finished.copy(tmp_path / "run")
        path = folder.path / name
        path.write_bytes(DAMAGES[damage](path.read_bytes(), chance))
        runs = folder.recover_as_told()
        wanted = {
            other: content
            for other, content in finished.files().items()
            if other in folder.files() or "/tables/" in other
        }
        row.count(runs, folder.files(), wanted)


def test_the_clock_goes_backwards(finished, other, tally, chance, tmp_path):
    """All times are thrown about, from one year back to one ahead, after a change was cut off halfway."""
    row = tally("clock that goes backwards, and a change cut off by SIGKILL")
    for number in range(CLOCKS):
        folder = finished.copy(tmp_path / str(number), *other.on_top)
        run = folder.start()
        folder.wait_for_job(run, number % 4)
        time.sleep(chance.uniform(0, 1))
        run.kill()
        folder.wait_for_orphans()
        throw_about_times(folder.path, chance)
        row.count(folder.recover_as_told(), folder.files(), other.files())


def throw_about_times(folder: Path, chance) -> None:
    for path in sorted(folder.rglob("*")):
        when = time.time() + chance.uniform(-YEAR, YEAR)
        os.utime(path, (when, when), follow_symlinks=False)
