# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How images are named that CDI imports: files by URL and digest, images of registries."""

from __future__ import annotations

import re

URL = re.compile(r"https?://[^\s/]+/\S+")
SHA256 = re.compile(r"[0-9a-f]{64}")
DOCKER = "docker://"
#: An image of a registry whose content can't change.
DIGESTED = re.compile(r"docker://[^\s/@]+/[^\s:@]+@sha256:[0-9a-f]{64}")
#: CDI pulls by the library containers/image, which refuses a name with both.
BOTH = re.compile(r"docker://[^\s/@]+/[^\s:@]+:[^\s/:@]+@\S*")
