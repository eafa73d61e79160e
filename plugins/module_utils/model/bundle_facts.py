# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inputs of layers of a cluster take from the bundle: facts that playbooks/tasks/bundle.yml sets."""

from __future__ import annotations

from .values import Expression


def manifest(name: str) -> Expression:
    """The controller's copy of a manifest: path and sha256."""
    return Expression(f"{{{{ (groundup_bundle_manifests | default({{}}))['{name}'] | default({{}}) }}}}")
