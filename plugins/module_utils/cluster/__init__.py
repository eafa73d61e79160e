# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of a cluster: a role's input becomes objects of the Kubernetes API, which the package objects applies."""
