# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco NX-OS as a switch of the rack, by NX-API over HTTPS; :mod:`.driver` is the driver."""
