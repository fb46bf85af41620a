"""What YAML passes over in silence, runs, or fills the memory with; Snakemake would read all of it.

A key that is written twice, of which the later one counts; a number that is not what it looks like; a tag
that makes an object; a template that Snakemake runs as Python; aliases that stand for aliases that stand
for more of them.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from scripts._errors import printable
from scripts._origins import LOADER, named_among

from workflow.support.configuration.mistakes import ConfigurationError, KeyPath

LEVELS = 20  # of sections and lists within one another; config.yaml has six
VALUES = 50_000  # with all that aliases stand for; config.yaml has two thousand
BYTES = 1_000_000  # of a file; config.yaml has 30,000
DIGITS = 1000  # of a whole number

_NO_KEYS = (
    ": there are no keys at the top of this file: write lines such as seed: 1, as in config.yaml."
)

# what has one meaning: 010 would be 8, 1:30 would be 90
_DECIMAL = re.compile(
    r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_SHOWN = 40  # characters of a number

TEMPLATE = "__use_yte__"  # key with which Snakemake takes text that begins with ? for Python


def refuse_unclear(files: Iterable[str | Path]) -> None:
    """End the program if a file is no YAML of plain values or names a key of a section twice.

    Args:
        files: configuration files; one that is not there is left to Snakemake.

    Raises:
        SystemExit: there is a mistake; the message is one sentence.
    """
    files = list(files)
    for path in filter(Path.is_file, map(Path, files)):
        name = printable(named_among(path, files))
        try:
            _check(_text(path))
        except ConfigurationError as error:
            raise SystemExit(f"error: {name}{', ' if error.path else ''}{error}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SystemExit(
                f"error: {name}{_line(error)}: this is not YAML ({_reason(error)}): mend the line, "
                "and indent with spaces."
            ) from None
        except OSError as error:
            raise SystemExit(
                f"error: {name}: this file cannot be read ({error.strerror}): make it readable."
            ) from None


def _text(path: Path) -> str:
    """What stands in a file that can be read to its end, as not even all those on the disk can."""
    size = path.stat().st_size
    if size > BYTES:
        text = f": this file has {size} bytes, but at most {BYTES} are read: write fewer values."
        raise ConfigurationError((), text)
    if size == 0:  # also of what the system makes up as it is read, some of it without an end
        raise ConfigurationError((), _NO_KEYS)
    return path.read_text(encoding="utf-8")


def _check(text: str) -> None:
    _check_size(text)
    if "\t" in text:  # of which libyaml allows more than Snakemake's loader does
        list(yaml.parse(text, yaml.SafeLoader))
    loader = LOADER(text)
    try:
        node = loader.get_single_node()
        for keys, line in _repeated(node):
            raise ConfigurationError(
                keys,
                f"this key is written a second time in line {line}, and only once is allowed: "
                "remove one of the two.",
            )
        _check_plain(node, loader)
        content = loader.construct_document(node) if node else None
    finally:
        loader.dispose()
    if not isinstance(content, dict):
        raise ConfigurationError((), _NO_KEYS)
    if TEMPLATE in content:
        text = (
            "with this key the file could run Python, and only plain values are allowed: remove it."
        )
        raise ConfigurationError((TEMPLATE,), text)


def _check_size(text: str) -> None:
    """Depth, and number of values with all that aliases stand for, before anything is built from them."""
    sizes: dict[str, int] = {}  # of what has an anchor and is complete
    open_: list[tuple[str | None, int]] = []  # anchor of what is not, and the values before it
    total = 0
    for event in yaml.parse(text, LOADER):
        if isinstance(event, yaml.AliasEvent):
            total += _size_of(event, sizes, open_)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            sizes[anchor or ""] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            sizes[event.anchor or ""] = 1
            total += 1
        if len(open_) > LEVELS or total > VALUES:
            _refuse_size(event, len(open_) > LEVELS)


def _size_of(
    alias: yaml.AliasEvent, sizes: dict[str, int], open_: list[tuple[str | None, int]]
) -> int:
    if any(anchor == alias.anchor for anchor, _ in open_):
        raise ConfigurationError(
            (), f"{_at(alias)}: *{alias.anchor} stands within itself: write out what is meant."
        )
    return sizes.get(alias.anchor, 1)  # one that is not known is refused when values are made


def _refuse_size(event: yaml.Event, deep: bool) -> None:
    found = (
        f"sections and lists lie within one another more than {LEVELS} deep: write fewer levels"
        if deep
        else f"there are more than {VALUES} values with all that aliases stand for: write fewer"
    )
    raise ConfigurationError((), f"{_at(event)}: {found}.")


def _check_plain(node: yaml.Node | None, loader: yaml.Loader) -> None:
    """Tags that YAML finds itself, on values that they fit."""
    pending, seen = [node] if node else [], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            _check_scalar(node, loader)
            continue
        plain = "seq" if isinstance(node, yaml.SequenceNode) else "map"
        if node.tag != f"tag:yaml.org,2002:{plain}":
            _refuse_value(node, f"the tag {node.tag} makes something else of it")
        for item in node.value:
            pending.extend(item if isinstance(item, tuple) else [item])


def _check_scalar(node: yaml.ScalarNode, loader: yaml.Loader) -> None:
    if node.tag in ("tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"):  # << and =
        return
    if node.tag == "tag:yaml.org,2002:int" and len(node.value) > DIGITS:
        _refuse_value(node, f"it has more than {DIGITS} digits")
    try:
        value = loader.construct_object(node)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, OverflowError):
        _refuse_value(node, f"the tag {node.tag} does not fit it")
    if type(value) in (int, float) and not _DECIMAL.fullmatch(node.value):
        _refuse_spelling(node, value)


def _refuse_value(node: yaml.Node, reason: str) -> None:
    found = f"{_at(node)}: this is no plain value ({printable(reason)})"
    raise ConfigurationError((), f"{found}: write a number, text, a list or a section.")


def _refuse_spelling(node: yaml.ScalarNode, value: int | float) -> None:
    written, read = (printable(str(one))[:_SHOWN] for one in (node.value, value))
    raise ConfigurationError(
        (),
        f"{_at(node)}: {written} is read as {read}, as octal, hexadecimal and minutes are: write the number "
        "in decimal digits, without a zero before them.",
    )


def _repeated(node: yaml.Node | None, above: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Key path and line of every key that its section already has."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, (*above, index))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _refuse_value(key, "a list or a section is no key")
            if key.value in seen:
                yield (*above, key.value), key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated(value, (*above, key.value))


def _at(place: yaml.Event | yaml.Node) -> str:
    return f", line {place.start_mark.line + 1}"


def _line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _reason(error: Exception) -> str:
    text = str(getattr(error, "problem", None) or error)
    return printable(" ".join(text.split()))
