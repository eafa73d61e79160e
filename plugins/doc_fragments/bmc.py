# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules for management controllers share beside the fragment bmc_options."""

from __future__ import annotations


class ModuleDocFragment:
    """Whose machine the controller is."""

    IDENTITY = r"""
options:
  identity:
    description:
      - Identity of the machine behind the address, which is compared before anything is changed.
      - Serial number and UUID decide; byte order, dashes and case of a UUID do not matter. MAC addresses decide only
        where the model or the controller has neither, since many controllers list their onboard ports only.
      - What the controller does not know is not compared. Placeholders such as V(To be filled by O.E.M.) or a zero UUID
        are unknown.
    type: dict
    suboptions:
      serial:
        description: Serial number of the system; with Dell also the service tag, which Dell reports as SKU.
        type: str
      uuid:
        description: UUID of the system.
        type: str
      macs:
        description: MAC addresses of its network ports, of which the controller must list one if they decide.
        type: list
        elements: str
        default: []
"""
