# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program as one file that Python runs (zipapp of the standard library): its modules, as they are here."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import sys
import zipfile
from collections.abc import Iterator
from types import ModuleType

from ..provision.sources import of
from . import program

LIBRARY = "module_utils"
MAIN = f"""\
# SPDX-License-Identifier: GPL-3.0-or-later
import sys

from {LIBRARY}.ha import program

sys.exit(program.main(sys.argv))
"""
#: The time of all members, so that the same modules are the same file: the first that the format has.
TIME = (1980, 1, 1, 0, 0, 0)


def archive() -> bytes:
    """The file. It is not compressed, as what compresses differs between versions of zlib."""
    files = {f"{_inside(module)}.py": of(module) for module in modules()}
    packages = {path.rpartition("/")[0] for path in files} | {LIBRARY}
    files |= {f"{package}/__init__.py": "" for package in packages if f"{package}/__init__.py" not in files}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as found:
        for path, text in sorted({**files, "__main__.py": MAIN}.items()):
            found.writestr(zipfile.ZipInfo(path, TIME), text)
    return out.getvalue()


def modules() -> list[ModuleType]:
    """The program and what it imports of this library, at any depth."""
    found: dict[str, ModuleType] = {}
    todo = [program.__name__]
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = module = importlib.import_module(name)
            todo += _imported(module)
    return [module for module in found.values() if not hasattr(module, "__path__")]


def _imported(module: ModuleType) -> Iterator[str]:
    """Names of the modules that one imports relatively, anywhere in it."""
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    for node in ast.walk(ast.parse(of(module))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
        yield base
        # A name that is imported from a package is one of its modules, or stands in the package itself.
        yield from (f"{base}.{one.name}" for one in node.names if f"{base}.{one.name}" in sys.modules)


def _inside(module: ModuleType) -> str:
    return f"{LIBRARY}/{module.__name__.partition(f'.{LIBRARY}.')[2].replace('.', '/')}"
