# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true of disks: which one a serial number or WWN names, what is on it, and who uses it.

The model, the deploy agent and the proofs share these modules. The agent takes them along into the deploy ramdisk, so
they import only the standard library (of it only modules named in `provision.ramdisk.STDLIB`) and `errors`.
"""
