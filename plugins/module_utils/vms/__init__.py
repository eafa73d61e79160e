# SPDX-License-Identifier: GPL-3.0-or-later
"""Day-2 work on virtual machines of KubeVirt, and the drain of the nodes that they run on.

`drain_plan` and the functions of `vmi`, `migration`, `power_plan` … are pure: objects of the API in, decisions out.
`cluster` makes the calls; what is named after a module (`drain`, `power`, `migrate` …) plans and acts.
"""
