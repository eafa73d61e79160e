# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what Python compiles of the archives in which Ansible ships modules; a program of its own, in images.

Ansible runs a module out of a zip archive that it makes anew. Python caches nothing for archives (zipimport) and
compiles each source twice, once for the name of its file and once for its code, and there are a hundred. That is half
of what a module costs an emulated machine. A start-up file of the machine's Python (site, `.pth`) calls
:func:`install`; then the code of a source that was compiled before is read instead. It is found by the source's hash,
so a changed source is compiled.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import zipimport
from types import CodeType

#: For Python's own hash of sources (SipHash, as in pyc files that are checked by hash, PEP 552).
_KEY = 0x67726F756E647570
_DIGEST = 8  # bytes


def install(directory: str) -> None:
    """Let archives be imported by way of the cache in *directory*; only its owner should be able to write there.

    Who can't write there compiles as ever, and so does everybody where the directory is gone.
    """
    compile_source = zipimport._compile_source  # type: ignore[attr-defined]
    variant = f"{sys.implementation.cache_tag}-{sys.flags.optimize}"
    last: list[tuple[str, bytes, CodeType]] = []  # the second call for a source comes right after the first

    def cached(path: str, source: bytes) -> CodeType:
        if last and last[0][:2] == (path, source):
            return last[0][2]
        file = os.path.join(directory, f"{variant}-{_digest(source).hex()}")
        code = _read(file)
        if code is None:
            code = compile_source(path, source)
            _write(file, marshal.dumps(code))
        else:
            _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]  # for tracebacks
        last[:] = [(path, source, code)]
        return code

    zipimport._compile_source = cached  # type: ignore[attr-defined]


def _digest(data: bytes) -> bytes:
    return bytes(_imp.source_hash(_KEY, data))


def _read(file: str) -> CodeType | None:
    """The code in a file; None if there is none, or if it is not whole, as after a loss of power."""
    try:
        with open(file, "rb") as source:
            data = source.read()
    except OSError:
        return None
    if len(data) <= _DIGEST or data[:_DIGEST] != _digest(data[_DIGEST:]):
        return None
    code = marshal.loads(data[_DIGEST:])
    return code if isinstance(code, CodeType) else None


def _write(file: str, data: bytes) -> None:
    """Write a file as a whole, or not at all: a full or read-only disk is no reason to fail."""
    part = f"{file}.{os.getpid()}"
    try:
        with open(part, "wb") as target:
            target.write(_digest(data) + data)
        os.replace(part, file)
    except OSError:
        try:
            os.unlink(part)
        except OSError:
            return
