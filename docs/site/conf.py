# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration of the site; tools/docs copies it beside the pages."""

from __future__ import annotations

project = "groundup.cloud"
author = "the groundup.cloud authors"
title = html_short_title = "groundup.cloud"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"display_version": False, "vcs_pageview_mode": "", "logo_only": False}
html_show_sphinx = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
root_doc = "index"
# The anchors of headings, as they are where the repository is shown.
myst_heading_anchors = 4
# The examples of modules and of roles have templates that no lexer of Pygments takes whole.
suppress_warnings = ["misc.highlighting_failure"]
