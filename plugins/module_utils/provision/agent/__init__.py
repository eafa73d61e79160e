# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside the deploy ramdisk: standard library only, and only the modules named in `ramdisk.STDLIB`.

This package travels alone, so its loops wait by themselves instead of by the package `waiting`.
"""
