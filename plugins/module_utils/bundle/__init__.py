# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundle: every artefact of a release as content-addressed files plus a filled OCI registry."""
