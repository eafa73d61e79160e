# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside the deploy ramdisk: standard library only, and only the modules named in `ramdisk.STDLIB`."""
