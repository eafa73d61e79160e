# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches with SONiC (community), reached by ssh.

The configuration is CONFIG_DB, whose tables and fields are those of the YANG models in sonic-buildimage,
``src/sonic-yang-models``. It is read as JSON and changed by a JSON patch (RFC 6902) with the commands of
sonic-utilities, ``config/main.py`` and ``generic_config_updater``.
"""

from __future__ import annotations

from .driver import Sonic

__all__ = ["Sonic"]
