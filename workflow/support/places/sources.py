"""Which files of the library and which packages a script uses, derived from its imports.

A hash of the files and the versions of the packages are parameters of each rule: an edit of a library file,
or another version of a package, reruns what imports it, directly or not, and nothing else. The files of a
package that registers something of its own count as ours do, and its version as well. Snakemake itself sees
only the script.
"""

import ast
import hashlib
import symtable
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any

from kkt_unlearning.extensions import providers
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
        self._folders = cache(self._find_folders)
        self._theirs = cache(self._find_theirs)
        self._home = cache(self._find_home)
        self._name = cache(self._find_name)
        self._needs = cache(lambda path: frozenset(self._chain(self._imports(path))))
        self._beside = cache(_data_in)
        self._content = cache(lambda path: hashlib.sha256(path.read_bytes()).hexdigest())
        self.files = cache(self._files)
        self.digest = cache(self._digest)
        self.libraries = cache(self._libraries)

    def behind(
        self, script: str, *modules: str, named: Callable[[Any], Iterable[str]] = lambda _: ()
    ) -> dict[str, Any]:
        """Parameters of the rule of a script: hash of `files`, versions of the packages that they import.

        Functions of the wildcards, which matter only to further modules, those ``named`` in settings: to read
        the files takes a quarter of the time of a start, and a rule without a job in it needs none.
        """
        return {
            "code": lambda wildcards: self.digest(script, *modules, *named(wildcards)),
            "packages": lambda wildcards: packages(
                self.libraries(script, *modules, *named(wildcards))
            ),
        }

    def _digest(self, script: str, *modules: str) -> str:
        """SHA-256 over names and content of `files`: a comment counts, a touch does not."""
        total = hashlib.sha256()
        named = {self._name(path): path for path in self.files(script, *modules)}
        for name in sorted(named):
            total.update(f"{name} {self._content(named[name])}\n".encode())
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
        packages = {path.parent for path in found if path.parent != self._home(path)}
        return sorted(found.union(self._templates(script), *map(self._beside, packages)))

    def _libraries(self, script: str, *modules: str) -> frozenset[str]:
        """Names at the top of what `files` import of other people's; the standard library is Python's own."""
        code = (path for path in self.files(script, *modules) if path.suffix == ".py")
        names = {name.partition(".")[0] for path in code for name in self._imports(path)}
        names |= {module.partition(".")[0] for module in modules} & providers().keys()
        others = {name for name in names if name in providers() or not self._module(name)}
        return frozenset(others - sys.stdlib_module_names)

    def _chain(self, modules: tuple[str, ...]) -> Iterator[Path]:
        """Files of the modules and of the packages they lie in; none for other people's."""
        for module in modules:
            names = accumulate(module.split("."), "{}.{}".format)
            yield from filter(None, map(self._module, names))

    def _find_module(self, name: str) -> Path | None:
        """File of a module of the library, beside the scripts, or of a package that registers something."""
        for folder in self._folders(name.partition(".")[0]):
            path = folder.joinpath(*name.split("."))
            for candidate in (path / "__init__.py", path.with_suffix(".py")):
                if candidate.is_file():
                    return candidate
        return None

    def _find_folders(self, top: str) -> list[Path]:
        """Where a module at the top can lie."""
        if top == LIBRARY:
            return [self.root / "src"]
        found = find_spec(top) if top in providers() else None
        if found is None:
            return [self.root / "scripts"]
        places = found.submodule_search_locations or [str(found.origin)]
        return [Path(place).parent for place in places]

    def _find_theirs(self) -> list[Path]:
        return [folder for top in providers() for folder in self._folders(top)]

    def _find_home(self, path: Path) -> Path:
        """Folder that the name of a module starts in."""
        folders = (self.root / "src", self.root / "scripts", *self._theirs())
        return next((folder for folder in folders if folder in path.parents), self.root)

    def _find_name(self, path: Path) -> str:
        """Name of a file that does not depend on where the project or a package lies."""
        home = self._home(path)
        return path.relative_to(home if home in self._theirs() else self.root).as_posix()

    def _read_imports(self, path: Path) -> tuple[str, ...]:
        found: list[str] = []
        for node in _statements(ast.parse(path.read_bytes(), str(path))):
            if isinstance(node, ast.Import):
                found.extend(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node, path)
                found.append(base)
                found.extend(
                    name for alias in node.names for name in self._imported(base, alias.name)
                )
        return tuple(found)

    def _base(self, node: ast.ImportFrom, path: Path) -> str:
        if node.level == 0:
            return node.module or ""
        package = path.relative_to(self._home(path)).parts[: -node.level]
        return ".".join([*package, *filter(None, [node.module])])

    def _imported(self, base: str, name: str) -> list[str]:
        """Modules that ``from base import name`` loads; all of another package that does not show which."""
        home = self._module(base)
        if self._module(f"{base}.{name}"):
            return [f"{base}.{name}"]
        if home is None or home.name != "__init__.py" or _defines(home, name):
            return [base]
        if self._home(home) in self._theirs():
            below = (
                path.relative_to(home.parent).with_suffix("") for path in home.parent.rglob("*.py")
            )
            return [".".join([base, *path.parts]) for path in below]
        raise ImportError(
            f"{base} does not show which module {name!r} is from: import it from its module."
        )

    def _templates(self, script: str) -> set[Path]:
        folder = self.root / "workflow" / "report"
        found = set(folder.glob(f"{script}.*.j2"))
        return found | {folder / "style.css", *folder.glob("page.*.j2")} if found else found


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
