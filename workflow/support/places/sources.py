"""Which files of the library and which packages a script uses, derived from its imports.

A hash of the files and the versions of the packages are parameters of each rule: an edit of a library file,
or another version of a package, reruns what imports it, directly or not, and nothing else. Snakemake itself
sees only the script.
"""

import ast
import hashlib
import symtable
import sys
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from workflow.support.places.versions import packages

LIBRARY = "kkt_unlearning"


class Sources:
    """Files behind the scripts of one project.

    Args:
        root: folder that holds ``scripts/`` and ``src/``.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        # A sweep of thousands of values asks for the same few files thousands of times, as do forty rules.
        self._imports = cache(self._read_imports)
        self._module = cache(self._find_module)
        self._needs = cache(lambda path: frozenset(self._chain(self._imports(path))))
        self._beside = cache(_data_in)
        self._content = cache(lambda path: hashlib.sha256(path.read_bytes()).hexdigest())
        self.files = cache(self._files)
        self.digest = cache(self._digest)
        self.libraries = cache(self._libraries)

    def behind(self, script: str, *modules: str) -> dict[str, Any]:
        """Parameters of the rule of a script: hash of `files`, versions of the packages that they import.

        Functions of the wildcards, which matter to neither: to read the files takes a quarter of the time
        of a start, and a rule without a job in it needs none.
        """
        return {
            "code": lambda wildcards: self.digest(script, *modules),
            "packages": lambda wildcards: packages(self.libraries(script, *modules)),
        }

    def _digest(self, script: str, *modules: str) -> str:
        """SHA-256 over names and content of `files`: a comment counts, a touch does not."""
        total = hashlib.sha256()
        for path in self.files(script, *modules):
            name = path.relative_to(self.root).as_posix()
            total.update(f"{name} {self._content(path)}\n".encode())
        return total.hexdigest()

    def _files(self, script: str, *modules: str) -> list[Path]:
        """``scripts/{script}.py``, what it and ``modules`` import from the project, and so on.

        Data files beside a module that is used (a style sheet, say) count as used, and so do the templates
        that have the name of the script.

        Raises:
            ImportError: a name is imported from a package that does not show which module it comes
                from.
        """
        pending = [self.root / "scripts" / f"{script}.py", *self._chain(modules)]
        found: set[Path] = set()
        while pending:
            path = pending.pop()
            if path not in found:
                found.add(path)
                pending.extend(self._needs(path))
        packages = {path.parent for path in found if self.root / "src" in path.parents}
        return sorted(found.union(self._templates(script), *map(self._beside, packages)))

    def _libraries(self, script: str, *modules: str) -> frozenset[str]:
        """Names at the top of what `files` import of other people's; the standard library is Python's own."""
        code = (path for path in self.files(script, *modules) if path.suffix == ".py")
        names = {name.partition(".")[0] for path in code for name in self._imports(path)}
        return frozenset(name for name in names - sys.stdlib_module_names if not self._module(name))

    def _chain(self, modules: tuple[str, ...]) -> Iterator[Path]:
        """Files of the modules and of the packages they lie in; none for other people's."""
        for module in modules:
            names = accumulate(module.split("."), "{}.{}".format)
            yield from filter(None, map(self._module, names))

    def _find_module(self, name: str) -> Path | None:
        """File of a module of the library or of one beside the scripts."""
        folder = self.root / ("src" if name.split(".")[0] == LIBRARY else "scripts")
        path = folder.joinpath(*name.split("."))
        candidates = (path / "__init__.py", path.with_suffix(".py"))
        return next((candidate for candidate in candidates if candidate.is_file()), None)

    def _read_imports(self, path: Path) -> tuple[str, ...]:
        found: list[str] = []
        for node in _statements(ast.parse(path.read_bytes(), str(path))):
            if isinstance(node, ast.Import):
                found.extend(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""  # no dots before it: tests/test_floors.py
                found.append(base)
                found.extend(self._imported(base, alias.name) for alias in node.names)
        return tuple(found)

    def _imported(self, base: str, name: str) -> str:
        """Module that ``from base import name`` loads besides ``base``."""
        home = self._module(base)
        if self._module(f"{base}.{name}"):
            return f"{base}.{name}"
        if home is None or home.name != "__init__.py" or _defines(home, name):
            return base
        raise ImportError(
            f"{base} does not show which module {name!r} is from: import it from its module."
        )

    def _templates(self, script: str) -> set[Path]:
        folder = self.root / "workflow" / "report"
        found = set(folder.glob(f"{script}.*.j2"))
        return found | {folder / "style.css"} if found else found


def _data_in(package: Path) -> set[Path]:
    files = (path for path in package.iterdir() if path.is_file())
    return {path for path in files if path.suffix not in {".py", ".pyc"}}


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements below a node, without the expressions in them, most of which `ast.walk` would visit."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for below in getattr(node, part, ()):
            yield below
            yield from _statements(below)


def _defines(path: Path, name: str) -> bool:
    """Whether a module binds ``name`` itself, so that its own imports show where it is from."""
    module = symtable.symtable(path.read_text(encoding="utf-8"), str(path), "exec")
    bound = (
        symbol for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    )
    return name in (symbol.get_name() for symbol in bound)
