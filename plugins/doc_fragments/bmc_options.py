# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/machine/meta/argument_specs.yml; change that file, not this one.
"""Options of modules that take the input of the role machine."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  protocol:
    description:
    - Protocol of the controller. It is not detected.
    - V(ipmi) has no TLS and shows password hashes to every client that can reach it; use it in
      a closed network only.
    type: str
    choices: [redfish, ipmi]
    required: true
  address:
    description: Address or name of the controller.
    type: str
    required: true
  port:
    description: Port, if it is not 443 (Redfish) or 623 (IPMI).
    type: int
  username:
    description: Account on the controller.
    type: str
    required: true
  password:
    description: Its password. It is given to the controller only after its certificate was verified.
    type: str
    required: true
  system:
    description: Which system of the controller, if it has several. An id or a path.
    type: str
  tls:
    description: How the certificate is verified. Without one of these by the system's certificate
      authorities.
    type: dict
    suboptions:
      ca_file:
        description: File of the certificate authorities to trust, on the machine where the module
          runs.
        type: path
      fingerprint:
        description:
        - SHA-256 of the one certificate to accept, in hexadecimal, with or without colons and
          a prefix V(SHA256:). Shorter fingerprints (MD5, SHA-1) are refused.
        type: str
  ipmi:
    description: Further settings of IPMI.
    type: dict
    suboptions:
      cipher:
        description: Cipher suite. Without it 17 is tried first, then 3.
        type: int
        choices: [3, 17]
  timeout:
    description: Seconds that one call may take with all its retries.
    type: float
    default: 60.0
requirements:
- requests >= 2.31 and urllib3 >= 2.1 (Redfish)
- ipmitool (IPMI)
author: groundup.cloud founders (@groundup-cloud)
"""
