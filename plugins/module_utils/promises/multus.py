# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the layer of attachments promises: Multus as its thick plugin, beside the network of the cluster."""

from __future__ import annotations

from .promise import Kept, Promise, Table

PROMISES: Table = {
    Promise.ATTACHMENTS: Kept("Multus 4.3.0", "Multus' documentation, docs/how-to-use: by the annotation of a pod"),
}
