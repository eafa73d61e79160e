# SPDX-License-Identifier: GPL-3.0-or-later
"""Operating system images, the deploy ramdisk, and the services that hand them to blank machines."""
