"""What YAML would pass over in silence: a key that is written twice, of which the later one counts."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from .mistakes import KeyPath, dotted

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is there


def refuse_unclear(files: Iterable[str | Path]) -> None:
    """End the program if a file is no YAML or names a key of a section twice.

    Args:
        files: configuration files; one that is not there is left to Snakemake.

    Raises:
        SystemExit: there is a mistake; the message is one sentence.
    """
    for path in filter(Path.is_file, map(Path, files)):
        try:
            node = yaml.compose(path.read_text(encoding="utf-8"), _Loader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SystemExit(
                f"error: {path.name}{_line(error)}: this is not YAML ({_reason(error)}): mend the line, "
                "and indent with spaces."
            ) from None
        for keys, line in _repeated(node):
            raise SystemExit(
                f"error: {path.name}, {dotted(keys)}: this key is written a second time in line {line}, "
                "and only once is allowed: remove one of the two."
            )


def _repeated(node: yaml.Node | None, above: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Key path and line of every key that its section already has."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, (*above, index))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*above, key.value), key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated(value, (*above, key.value))


def _line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _reason(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
