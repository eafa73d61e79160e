# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays on the host to switch its network and to turn back: a shell script and a unit for the next boot.

It needs neither Python nor the network, since it must work when both are gone.
"""

from __future__ import annotations

SCRIPT_PATH = "/usr/local/lib/groundup/network-change"
UNIT_PATH = "/etc/systemd/system/groundup-network-revert-boot.service"
STATE = "/var/lib/groundup/network"
TIMER = "groundup-network-revert"

SCRIPT = r"""#!/bin/sh
# Written by groundup.cloud.host_network.
#   switch   put the new files in place and make systemd-networkd use them
#   revert   put the old files back and make systemd-networkd use them
#   boot     as revert, before systemd-networkd starts: a change that was not confirmed does not survive a reboot
# A change is confirmed when STATE/pending is gone.
# Works on STATE/change: new/ old/ (files), devices (made again on switch), created (deleted on revert).
set -u
state=/var/lib/groundup/network
change=$state/change
target=/etc/systemd/network

same() { # two files or directories of equal content; a link is nothing of ours, even one to equal content
  [ ! -L "$2" ] && diff -rq "$1" "$2" > /dev/null 2>&1
}

place() { # new|old; files that are equal stay, so that links which don't change are left in peace
  mkdir -p "$target"
  while read -r link; do # a device that is made again needs a file that looks new to systemd-networkd
    rm -rf "$target/10-groundup-$link.netdev"
  done < "$change/devices"
  for file in "$target"/10-groundup-*; do
    [ -e "$change/$1/${file##*/}" ] || rm -rf "$file"
  done
  for file in "$change/$1"/10-groundup-*; do
    [ -e "$file" ] || continue
    into=$target/${file##*/}
    if ! same "$file" "$into"; then # whole or not at all; systemd-networkd doesn't read names that begin with a dot
      rm -rf "$target/.groundup" && cp -RP "$file" "$target/.groundup" || continue
      rm -rf "$into" && mv "$target/.groundup" "$into"
    fi
    chown -R 0:0 "$into" && chmod -R u=rwX,go=rX "$into" # systemd-networkd reads them as a user of its own
  done
  sync
}

drop() { # file with link names
  while read -r link; do
    [ -d "/sys/class/net/$link" ] && ip link delete dev "$link"
  done < "$change/$1"
}

complete() { # all devices that our files describe are there
  for file in "$target"/10-groundup-*.netdev; do
    [ -e "$file" ] || continue
    name=${file##*/10-groundup-}
    [ -d "/sys/class/net/${name%.netdev}" ] || return 1
  done
}

use() {
  networkctl reload
  set --
  while read -r link; do
    [ -d "/sys/class/net/$link" ] && set -- "$@" "$link"
  done < "$change/reconfigure"
  [ $# = 0 ] || networkctl reconfigure "$@"
  for try in 1 2 3 4 5 6 7 8 9 10; do
    complete && return
    sleep 1
  done
  systemctl restart systemd-networkd # the last resort: it makes every device anew that is missing
}

claim() { # the first to remove the mark, by one rename, decides: this rollback, or the confirmation
  mv "$state/pending" "$state/reverting" 2> /dev/null
}

done_reverting() { # text for the journal
  date +%s > "$state/reverted"
  sync
  rm -f "$state/reverting"
  logger -t groundup "$1"
}

case $1 in
  switch)
    [ -e "$state/pending" ] || exit 0
    place new
    drop devices
    use
    date +%s > "$change/switched"
    ;;
  revert)
    claim || exit 0
    place old
    drop created
    drop devices
    use
    done_reverting "network change was not confirmed: the old configuration is back"
    ;;
  boot) # a revert that the reboot interrupted is finished
    claim || [ -e "$state/reverting" ] || exit 0
    place old
    done_reverting "network change was not confirmed before the reboot: the old configuration is back"
    ;;
esac
"""

UNIT = f"""\
# Written by groundup.cloud.host_network.
[Unit]
Description=Turn an unconfirmed change of the network back
DefaultDependencies=no
RequiresMountsFor={STATE}
After=local-fs.target
Before=systemd-networkd.service network-pre.target shutdown.target
Conflicts=shutdown.target
ConditionPathExists=|{STATE}/pending
ConditionPathExists=|{STATE}/reverting

[Service]
Type=oneshot
ExecStart={SCRIPT_PATH} boot

[Install]
WantedBy=sysinit.target
"""
