# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true of disks: which one a serial number or WWN names, what is on it, and who uses it.

The model, the deploy agent, the proofs, and the modules disk_info and disk_wipe share these modules. The agent takes
those that `provision.ramdisk.AGENT` names along into the deploy ramdisk, so these import only the standard library (of
it only modules named in `provision.ramdisk.STDLIB`) and `errors`.
"""
