# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of our own programs that run outside of Ansible, taken from the modules as they are."""

from __future__ import annotations

from types import ModuleType

from . import boot_service, boot_store, supervise


def of(module: ModuleType) -> str:
    """Source text of a module, also out of the archive in which Ansible ships it."""
    text = module.__loader__.get_source(module.__name__)  # type: ignore[union-attr]
    if text is None:
        raise RuntimeError(f"the source of {module.__name__} is missing")
    return str(text)


def boot_service_files() -> dict[str, str]:
    """File name → source of the boot service."""
    return {"boot_service.py": of(boot_service), "boot_store.py": of(boot_store)}


def supervisor() -> str:
    """Source of the program that keeps a service running where there is no systemd."""
    return of(supervise)
