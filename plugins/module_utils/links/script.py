# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell script on the host that switches its network and rolls the change back, and the unit for the next boot.

Both work without Python and without the network, since a failed change may leave the host without either.
"""

from __future__ import annotations

SCRIPT_PATH = "/usr/local/lib/groundup/network-change"
UNIT_PATH = "/etc/systemd/system/groundup-network-revert-boot.service"
STATE = "/var/lib/groundup/network"
TIMER = "groundup-network-revert"

SCRIPT = r"""#!/bin/sh
# Written by groundup.cloud.host_network.
#   switch   install the new files and make the backend, systemd-networkd or NetworkManager, apply them
#   revert   restore the old files and make the backend apply them
#   confirm  keep the new files; its second argument is the identifier of the change
#   boot     restore the old files before the backend starts: an unconfirmed change does not survive a reboot
# Confirmation and rollback rename the same marker file STATE/pending, so exactly one of the two succeeds.
# STATE/change holds backend (networkd or networkmanager), new/ and old/ (files), devices (deleted and created again on
# switch), released (taken out of a bond or bridge on switch); for systemd-networkd created (deleted on revert) and
# reconfigure (links changed by hand), for NetworkManager activate and restore (devices whose profiles are activated on
# switch and on revert).
set -u
state=/var/lib/groundup/network
change=$state/change
networkd=/etc/systemd/network
keyfiles=/etc/NetworkManager/system-connections

same() { # whether two files or directories have equal content; a symbolic link is never equal
  [ ! -L "$2" ] && diff -rq "$1" "$2" > /dev/null 2>&1
}

install_files() { # new|old; equal files are not written, so that systemd-networkd leaves their links alone
  while read -r link; do # systemd-networkd creates a device again only if its file is new
    rm -rf "$networkd/10-groundup-$link.netdev"
  done < "$change/devices"
  for file in "$networkd"/10-groundup-* "$keyfiles"/groundup-*; do
    [ -e "$change/$1/${file##*/}" ] || rm -rf "$file"
  done
  for file in "$change/$1"/10-groundup-* "$change/$1"/groundup-*; do
    [ -e "$file" ] || continue
    case ${file##*/} in
      10-*) target=$networkd mode=u=rwX,go=rX ;; # systemd-networkd runs as an unprivileged user
      *) target=$keyfiles mode=u=rwX,go= ;; # NetworkManager ignores keyfiles that others may read
    esac
    mkdir -p "$target"
    into=$target/${file##*/}
    if ! same "$file" "$into"; then # by a rename, so never half; both backends ignore names that begin with a dot
      rm -rf "$target/.groundup" && cp -RP "$file" "$target/.groundup" || continue
      rm -rf "$into" && mv "$target/.groundup" "$into"
    fi
    chown -R 0:0 "$into" && chmod -R "$mode" "$into"
  done
  sync
}

release_links() { # out of a bond or bridge
  while read -r link; do
    [ -d "/sys/class/net/$link" ] && ip link set dev "$link" nomaster
  done < "$change/released"
}

delete_links() { # name of the list
  while read -r link; do
    [ -d "/sys/class/net/$link" ] && ip link delete dev "$link"
  done < "$change/$1"
}

all_devices_exist() { # whether there is a device for each .netdev file
  for file in "$networkd"/10-groundup-*.netdev; do
    [ -e "$file" ] || continue
    name=${file##*/10-groundup-}
    [ -d "/sys/class/net/${name%.netdev}" ] || return 1
  done
}

is_networkmanager() {
  [ "$(cat "$change/backend" 2> /dev/null)" = networkmanager ]
}

apply_profiles() { # marker file, list of profiles to activate; without the marker, a rollback has begun meanwhile
  nmcli connection reload # NetworkManager deletes devices of profiles that are gone, unless those of others have them
  while [ -e "$state/$1" ] && read -r link; do
    if grep -qxF "$link" "$change/devices" && [ -d "/sys/class/net/$link" ]; then
      ip link delete dev "$link"
    fi
    nmcli --wait 15 connection up id "groundup-$link" < /dev/null
  done < "$change/$2"
}

apply() { # marker file, list of profiles to activate, lists of devices to delete
  if is_networkmanager; then
    apply_profiles "$1" "$2"
    return
  fi
  shift 2
  for list in "$@"; do
    delete_links "$list"
  done
  reload_networkd
}

reload_networkd() {
  networkctl reload
  set --
  while read -r link; do
    [ -d "/sys/class/net/$link" ] && set -- "$@" "$link"
  done < "$change/reconfigure"
  [ $# = 0 ] || networkctl reconfigure "$@"
  for try in 1 2 3 4 5 6 7 8 9 10; do
    all_devices_exist && return
    sleep 1
  done
  systemctl restart systemd-networkd # creates all devices that are still missing
}

is_confirmed() { # identifier of a change
  [ ! -e "$state/pending" ] && [ "$(cat "$state/confirmed" 2> /dev/null)" = "$1" ]
}

claim() { # whether this rollback was first to rename the marker file
  mv "$state/pending" "$state/reverting" 2> /dev/null
}

finish_revert() { # text for the journal
  date +%s > "$state/reverted"
  sync
  rm -f "$state/reverting"
  logger -t groundup "$1"
}

case $1 in
  switch)
    [ -e "$state/pending" ] || exit 0
    install_files new
    release_links
    apply pending activate devices
    date +%s > "$change/switched"
    ;;
  revert)
    claim || exit 0
    install_files old
    apply reverting restore created devices
    finish_revert "network change was not confirmed: the previous configuration was restored"
    ;;
  confirm) # an answer that was lost is asked for again
    is_confirmed "$2" && exit 0
    [ "$(cat "$state/pending" 2> /dev/null)" = "$2" ] && mv "$state/pending" "$state/confirmed" 2> /dev/null || exit 1
    systemctl stop groundup-network-revert.timer
    rm -f "$state/reverted"
    ;;
  boot) # also finishes a revert that the reboot interrupted
    claim || [ -e "$state/reverting" ] || exit 0
    install_files old
    finish_revert "network change was not confirmed before the reboot: the previous configuration was restored"
    ;;
esac
"""

UNIT = f"""\
# Written by groundup.cloud.host_network.
[Unit]
Description=Roll back an unconfirmed change of the network
DefaultDependencies=no
RequiresMountsFor={STATE}
After=local-fs.target
Before=systemd-networkd.service NetworkManager.service network-pre.target shutdown.target
Conflicts=shutdown.target
ConditionPathExists=|{STATE}/pending
ConditionPathExists=|{STATE}/reverting

[Service]
Type=oneshot
ExecStart={SCRIPT_PATH} boot

[Install]
WantedBy=sysinit.target
"""
