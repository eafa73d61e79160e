# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the layer of policies promises: kube-network-policies of SIG Network, beside a network without policies."""

from __future__ import annotations

from .promise import Kept, Promise, Table

PROMISES: Table = {
    Promise.POLICY_PODS: Kept(
        "kube-network-policies 0.8.0", "its README: first packets of connections are judged in user space, by nfqueue"
    ),
}
