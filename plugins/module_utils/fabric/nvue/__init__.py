# SPDX-License-Identifier: GPL-3.0-or-later
"""NVIDIA Cumulus Linux by the NVUE REST API."""

from __future__ import annotations

from .driver import Nvue

__all__ = ["Nvue"]
