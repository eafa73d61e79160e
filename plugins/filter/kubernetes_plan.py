# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter kubernetes_plan, a thin shell over module_utils/kube/membership.py.

Imports are in the function; see layers.py.
"""

from __future__ import annotations

import typing as t


def kubernetes_plan(seen: t.Any, control_planes: t.Any, reset: bool = False, failed: t.Any = ()) -> dict[str, t.Any]:
    """The plan; see the filter's documentation."""
    from ansible.errors import AnsibleFilterError
    from ansible_collections.groundup.cloud.plugins.module_utils.kube.errors import KubeError
    from ansible_collections.groundup.cloud.plugins.module_utils.kube.membership import plan

    try:
        return plan({item["name"]: item for item in seen}, list(control_planes), reset=bool(reset), failed=list(failed))
    except KubeError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"kubernetes_plan": kubernetes_plan}
