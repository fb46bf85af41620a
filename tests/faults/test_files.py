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
    """Final tables, and all where a record is damaged, are as before; an array or a part may be gone."""
    names = sorted(filter(KINDS[kind], finished.files()))

    def once(number):
        folder = finished.copy(tmp_path / str(number))
        path = folder.path / names[number]
        path.write_bytes(DAMAGES[damage](path.read_bytes(), chance(number)))
        return folder.recover_as_told(), folder

    def needed(name):
        return kind == "a record" or "/tables/" in name

    tally(f"{damage} {kind}").repeat(len(names), once, finished, needed)


def test_the_clock_goes_backwards(finished, other, tally, chance, tmp_path):
    """All times are thrown about, from one year back to one ahead, after a change was cut off halfway."""

    def once(number):
        moments, folder = chance(number), finished.copy(tmp_path / str(number), *other.on_top)
        run = folder.start()
        folder.wait_for_job(run, number % 4)
        time.sleep(moments.uniform(0, 1))
        run.kill()
        folder.wait_for_orphans()
        throw_about_times(folder.path, moments)
        return folder.recover_as_told(), folder

    tally("clock that goes backwards, and a change cut off by SIGKILL").repeat(CLOCKS, once, other)


def test_the_clock_was_ahead(finished, tally, chance, tmp_path):
    """All files are dated ahead of now, and the results of the last jobs are to be made from them again."""
    last = ("tables/*", "**/evaluation.*", "**/unlearned.*", "**/kkt.*", "**/trained.*")

    def once(number):
        folder = finished.copy(tmp_path / str(number))
        for part in last[: number + 1]:
            for path in list(folder.path.glob(f"results/{part}")):
                path.unlink()
        for path in folder.path.rglob("*"):
            os.utime(path, (time.time() + YEAR, time.time() + YEAR), follow_symlinks=False)
        return folder.recover_as_told(), folder

    tally("clock that was ahead").repeat(len(last), once, finished)


def throw_about_times(folder: Path, chance) -> None:
    for path in sorted(folder.rglob("*")):
        when = time.time() + chance.uniform(-YEAR, YEAR)
        os.utime(path, (when, when), follow_symlinks=False)
