# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads by digest for the controller, the provisioner and machines; nothing but Python's standard library.

The deploy ramdisk's agent has a client of its own (``provision/agent``), because it is shipped alone.
"""
