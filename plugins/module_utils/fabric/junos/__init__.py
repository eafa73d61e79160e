# SPDX-License-Identifier: GPL-3.0-or-later
"""Juniper Junos switches with the Enhanced Layer 2 Software."""
