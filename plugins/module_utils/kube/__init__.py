# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes by kubeadm: configuration, membership, short-lived join credentials, and the few API calls they need."""
