# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that write a part of a model."""

from __future__ import annotations


class ModuleDocFragment:
    """The file, and what people add to it."""

    DOCUMENTATION = r"""
options:
  dest:
    description:
      - The file, C(NAME.cloud.yml), beside the file of the model that has its C(name). Without it, nothing is written.
      - Numbers of machines in it are kept.
    type: path
  additions:
    description:
      - A YAML file with what people add to machines, switches and networks, by their names, such as disks. Mappings are
        merged, other values replaced, and null removes a key.
      - Its name does not end with C(cloud.yml), so that it is not read as a part of the model by itself.
    type: path
  overwrite:
    description: Whether to replace a file that was changed by hand, or was made by somebody else.
    type: bool
    default: false
"""
