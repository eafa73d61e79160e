# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inputs of layers of a cluster take from the bundle: facts that playbooks/tasks/bundle.yml sets."""

from __future__ import annotations

import json

from .values import Expression


def manifest(name: str, key: str = "") -> Expression:
    """The controller's copy of a manifest: path and sha256, or the value of one of these keys."""
    entry = f"((groundup_bundle_manifests | default({{}}))['{name}'] | default({{}}))"
    if key:
        return Expression(f"{{{{ {entry}.{key} | default('') }}}}")
    return Expression(f"{{{{ {entry[1:-1]} }}}}")


def beside(path: str) -> Expression | str:
    """A path on the controller that may be relative to the model."""
    return path if path.startswith(("/", "~")) else Expression(f"{{{{ inventory_dir }}}}/{path}")


def of_controller(path: str) -> Expression | str:
    """The same for what is no option of a module, where Ansible puts nothing in place of ~."""
    return Expression(f"{{{{ {json.dumps(path)} | expanduser }}}}") if path.startswith("~") else beside(path)
