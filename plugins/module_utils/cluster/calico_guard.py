# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the removal of Calico takes from users: all objects of the kinds that it brought, such as policies."""

from __future__ import annotations

from ..objects import stages
from ..objects.engine import Engine
from ..objects.planning import ObjectsPlan, Verdict
from .network_calico import ROLE
from .upstream import ClusterLayerError

#: The option of the module, which the role has with its name in front.
CONSENT = "remove_data"


def guard(_engine: Engine, plan: ObjectsPlan) -> None:
    """Refuse a plan by which definitions of kinds go.

    :raises ClusterLayerError: with their names, and the consent.
    """
    gone = [one.key.name for one in plan.outcomes if one.key[:2] == stages.CRD and one.verdict is Verdict.REMOVE]
    if gone:
        raise ClusterLayerError(
            f"nothing was removed, since all objects of {len(gone)} kinds would be lost with their definitions "
            f"({', '.join(gone)}). Save what is needed of them, and consent to that with {ROLE}_{CONSENT}: true"
        )
