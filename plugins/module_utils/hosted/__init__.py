# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane hosted elsewhere than on machines of the cloud: its servers run as processes of this host."""
