# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the model can say already and no layer of this release does: the release from which it will work.

A key names its release where its class declares it (`since=…`), a word of an enumeration in `LATER`. Both are refused
until then, so that nothing which a model promises is ignored in silence. A key may be written with its default.
"""

from __future__ import annotations

import enum
import typing as t

from .enums import DeployVia

#: The release of each subject that is planned; the order is that of the roadmap.
NETWORKS = "0.2.0"
STORAGE = "0.3.0"
IPV6 = "0.5.0"
BOOT_METHODS = "0.7.0"
TENANTS = "0.8.0"

#: Words that are refused, with the release from which they work.
LATER: t.Mapping[enum.Enum, str] = {
    DeployVia.HTTP: BOOT_METHODS,
    DeployVia.MEDIA: BOOT_METHODS,
}


def words(kind: type[enum.Enum]) -> list[str]:
    """The words of an enumeration that this release takes."""
    return [str(member.value) for member in kind if member not in LATER]
