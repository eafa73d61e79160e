# Copyright: (c) 2026, the groundup.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run may begin with what the inventory holds."""

from __future__ import annotations

import typing as t


def reason(cloud: t.Mapping[str, t.Any], warnings: t.Sequence[str], strict: bool) -> str:
    """Why a run must not begin; empty if it may."""
    if not cloud.get("name"):
        return (
            "the inventory holds no cloud; name a model (-i cloud.yml), and if you did, mend the errors that Ansible "
            "printed when it read the file"
        )
    if strict and warnings:
        return "\n".join(["the model has warnings, and strict makes them errors:", *(f"  {text}" for text in warnings)])
    return ""
