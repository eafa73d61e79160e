# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks before a run: the inventory must contain a model, and with strict a model without warnings."""

from __future__ import annotations

import typing as t


def reason(cloud: t.Mapping[str, t.Any], warnings: t.Sequence[str], strict: bool) -> str:
    """The reason why a run must not start; empty if it may."""
    if not cloud.get("name"):
        return (
            "the inventory contains no cloud; name a model (-i cloud.yml); if you did, correct the errors that Ansible "
            "printed when it read the file"
        )
    if strict and warnings:
        return "\n".join(["the model has warnings, and strict makes them errors:", *(f"  {text}" for text in warnings)])
    return ""
