# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network providers that this release can install, each described in a file of its own."""

from __future__ import annotations

from . import network_basic
from .enums import NetworkProvider
from .providers import Provider

#: What the model calls a provider -> how it is brought about. Whoever is not here is brought by the user.
PROVIDERS: dict[NetworkProvider, Provider] = {NetworkProvider.BASIC: network_basic.PROVIDER}
