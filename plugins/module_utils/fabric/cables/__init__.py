# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cable of the model compared with what its two ends see."""
