# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Ceph cluster says of itself, and whether that is good enough to go on.

`runner` is the only place that runs the program `ceph`; `state` makes typed state of its JSON; `gate` says what is
missing, once or until a deadline has passed.
"""
