# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the double of a switch with SONiC, as ``python -IS sonic_double_programs.py PROGRAM WORDS``.

They know the options that the driver uses and end with an error for any other, as the real ones do.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

HOME = Path(os.environ["DOUBLE"])
#: Tables with a YANG model here, and their fields. A field that is not here is refused, as by the switch.
FIELDS = {
    "PORT": {"admin_status", "alias", "lanes", "speed", "mtu", "fec", "description", "mode"},
    "VLAN": {"vlanid", "description", "admin_status", "dhcp_servers"},
    "VLAN_MEMBER": {"tagging_mode"},
    "PORTCHANNEL": {"admin_status", "mtu", "description", "min_links", "fallback", "fast_rate", "lacp_key", "mode"},
    "PORTCHANNEL_MEMBER": set[str](),
    "STP_PORT": {"enabled", "portfast", "edge_port", "bpdu_guard", "bpdu_guard_do_disable", "priority"},
    "VLAN_INTERFACE": set[str](),
    "INTERFACE": {"vrf_name"},
    "MCLAG_DOMAIN": {"source_ip", "peer_ip", "peer_link", "keepalive_interval", "session_timeout"},
    "MCLAG_INTERFACE": {"if_type"},
}
Config = dict[str, dict[str, dict[str, Any]]]


def fail(text: str, status: int = 2) -> NoReturn:
    sys.stderr.write(f"Error: {text}\n")
    sys.exit(status)


def load(name: str) -> Any:
    return json.loads((HOME / f"{name}.json").read_text())


def store(name: str, value: Any) -> None:
    fresh = HOME / f"{name}.json.{os.getpid()}"
    fresh.write_text(json.dumps(value))
    fresh.replace(HOME / f"{name}.json")


def patched(config: Config, operations: list[dict[str, Any]]) -> Config:
    """Interpret a JSON patch (RFC 6902): add, remove and replace."""
    for operation in operations:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place: Any = config
        for part in parts[:-1]:
            if part not in place:
                fail(f"can't apply patch: member '{part}' not found in {operation['path']}")
            place = place[part]
        if operation["op"] != "add" and parts[-1] not in place:
            fail(f"can't apply patch: member '{parts[-1]}' not found in {operation['path']}")
        if operation["op"] == "remove":
            del place[parts[-1]]
        elif operation["op"] in ("add", "replace"):
            place[parts[-1]] = operation["value"]
        else:
            fail(f"unknown operation {operation['op']}")
    return config


def validate(config: Config) -> None:
    """The rules of the YANG models that concern the driver."""
    empty = [table for table, entries in config.items() if not entries]
    if empty:
        fail(f"given patch is not valid because it will result in empty tables: {empty}")
    for table, fields in FIELDS.items():
        for key, entry in config.get(table, {}).items():
            unknown = set(entry) - fields
            if unknown:
                fail(f"{table}|{key}: no such leaf {sorted(unknown)}")
    _validate_names(config)
    channels, ports = config.get("PORTCHANNEL", {}), config["PORT"]
    _validate_members(config, channels, ports)
    for table in config.get("ACL_TABLE", {}).values():
        if set(table["ports"]) - {*ports, *channels}:
            fail("Leafref of ACL_TABLE points to a non-existing leaf")
    _validate_pair(config, channels, ports)


def _validate_pair(config: Config, channels: Any, ports: Any) -> None:
    if len(config.get("MCLAG_DOMAIN", {})) > 1:
        fail('MCLAG_DOMAIN: Too many "MCLAG_DOMAIN_LIST" elements.')
    for domain, entry in config.get("MCLAG_DOMAIN", {}).items():
        if not 1 <= int(domain) <= 4095 or entry.get("peer_link", "") not in {"", *ports, *channels}:
            fail(f"MCLAG_DOMAIN|{domain} is not valid")
    for key in config.get("VLAN_INTERFACE", {}):
        if key.split("|")[0] not in config.get("VLAN", {}):
            fail(f"VLAN_INTERFACE|{key}: leafref points to a non-existing leaf")
    routed = config.get("INTERFACE", {})
    for key in routed:
        if key.split("|")[0] not in ports or key.split("|")[0] not in routed:
            fail(f"INTERFACE|{key}: leafref points to a non-existing leaf")
    for key in config.get("MCLAG_INTERFACE", {}):
        domain, name = key.split("|")
        if domain not in config.get("MCLAG_DOMAIN", {}) or name not in channels:
            fail(f"MCLAG_INTERFACE|{key}: leafref points to a non-existing leaf")


def _validate_names(config: Config) -> None:
    channels = config.get("PORTCHANNEL", {})
    for name, entry in channels.items():
        if not re.fullmatch("PortChannel[0-9]{1,4}", name) or "admin_status" not in entry:
            fail(f"PORTCHANNEL|{name} is not valid")
    for name, entry in config.get("VLAN", {}).items():
        if name != f"Vlan{entry['vlanid']}" or not 2 <= int(entry["vlanid"]) <= 4094:
            fail(f"VLAN|{name} is not valid")


def _validate_members(config: Config, channels: Any, ports: Any) -> None:
    bundled = [key.split("|") for key in config.get("PORTCHANNEL_MEMBER", {})]
    names = [port for __, port in bundled]
    for channel, port in bundled:
        if channel not in channels or port not in ports or names.count(port) > 1:
            fail(f"PORTCHANNEL_MEMBER|{channel}|{port} is not valid")
        if "mtu" in ports[port] and ports[port]["mtu"] != channels[channel].get("mtu"):
            fail("Cannot add a port with MTU configured to a PortChannel unless it matches the PortChannel MTU.")
    untagged: list[str] = []
    for key, entry in config.get("VLAN_MEMBER", {}).items():
        vlan, port = key.split("|")
        if vlan not in config["VLAN"] or port not in {*ports, *channels}:
            fail(f"VLAN_MEMBER|{key}: leafref points to a non-existing leaf")
        if port in names:
            fail(f"{port}: Port is a member of a port channel.")
        if port in config.get("INTERFACE", {}):
            fail(f"{port}: Port is a router interface.")
        if entry["tagging_mode"] == "untagged":
            if port in untagged:
                fail(f"{port}: Port can be untagged in at most one VLAN.")
            untagged.append(port)
    if "PORTCHANNEL_MEMBER" in config and set(names) & set(config.get("INTERFACE", {})):
        fail("a member has an ip address configured")


def enact(config: Config) -> None:
    """Write CONFIG_DB; teamd takes two settings of a channel only when it creates it."""
    teamd, channels = load("teamd"), config.get("PORTCHANNEL", {})
    now = {
        name: teamd.get(name) or {field: entry.get(field, "false") for field in ("fallback", "fast_rate")}
        for name, entry in channels.items()
    }
    store("teamd", now)
    store("config", config)


def apply_patch(rest: list[str], faults: dict[str, Any]) -> None:
    dry = rest[0] == "-d"
    operations = json.loads(Path(rest[-1]).read_text())
    time.sleep(faults.get("slow", 0) if dry else faults.get("slow", 0) + faults.get("slower", 0))
    if faults.get("refuse_dry" if dry else "refuse"):
        fail("Failed to apply patch due to: Unable to sort the patch")
    old = load("config")
    new = patched(load("config"), operations)
    validate(new)
    if not dry and faults.get("half"):
        enact(patched(load("config"), operations[: len(operations) // 2]))
        fail("after applying patch to config, there are still some parts not updated")
    if faults.get("ignore_mtu"):
        for table in ("PORT", "PORTCHANNEL"):
            for name, entry in new[table].items():
                entry["mtu"] = old[table].get(name, {}).get("mtu", "9100")
    if not dry:
        enact(new)


def config(words: list[str]) -> None:
    """``config``, of sonic-utilities."""
    faults = load("faults")
    verb, rest = words[0], words[1:]
    checkpoints = HOME / "checkpoints"
    if verb == "apply-patch":
        apply_patch(rest, faults)
    elif verb == "checkpoint":
        (checkpoints / rest[0]).write_text((HOME / "config.json").read_text())
    elif verb == "list-checkpoints":
        print(json.dumps([path.name for path in checkpoints.iterdir()], indent=4))
    elif verb == "delete-checkpoint":
        (checkpoints / rest[0]).unlink()
    elif verb == "rollback":
        if faults.get("refuse_rollback"):
            fail("Failed to rollback config")
        enact(json.loads((checkpoints / rest[0]).read_text()))
        (HOME / "rollbacks").open("a").write(f"{rest[0]}\n")
    elif verb == "reload" and faults.get("refuse_reload"):
        fail("Cannot reload")
    elif verb == "reload":
        enact(load("saved"))
    elif verb == "save" and rest == ["-y"]:
        if faults.get("refuse_save"):
            fail("No space left on device")
        store("saved", load("config"))
    else:
        fail(f"No such command {verb}")


def systemd_run(words: list[str]) -> None:
    """A timer: a process that sleeps, runs the job, and is no unit any more if the job succeeded."""
    options = [word for word in words if word.startswith("--")]
    job = words[len(options) :]
    [unit] = [word.removeprefix("--unit=") for word in options if word.startswith("--unit=")]
    [delay] = [word.removeprefix("--on-active=") for word in options if word.startswith("--on-active=")]
    if any("$" in word or "%" in word for word in job):
        fail("systemd would replace $ and % in this job")
    pid = HOME / f"{unit}.pid"
    script = 'sleep "$0"; pid=$1; shift; if "$@"; then rm -f "$pid"; fi'
    seconds = str(int(delay.removesuffix("ms")) / 1000)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(["sh", "-c", script, seconds, str(pid), *job], start_new_session=True, **quiet)  # type: ignore[call-overload]
    pid.write_text(str(process.pid))


def systemctl(words: list[str]) -> None:
    """``list-units``, ``stop`` of a timer and ``reset-failed``."""
    verb = words[0]
    if verb == "list-units":
        for path in sorted(HOME.glob("*.pid")):
            print(f"{path.stem}.timer loaded active waiting /bin/sh -c …")
        return
    pid = HOME / f"{words[-1].rpartition('.')[0]}.pid"
    if verb not in ("stop", "reset-failed") or not pid.exists():
        fail(f"Failed to {verb} {words[-1]}: Unit {words[-1]} not loaded.", 5)
    if verb == "stop":
        group = int(pid.read_text())
        pid.unlink()
        if os.getpgrp() != group:
            os.killpg(group, 15)


def show(words: list[str]) -> None:
    """``show mac`` and ``show lldp table``, in the form of fdbshow and lldpshow."""
    state = load("state")
    if words == ["mac"]:
        print("  No.    Vlan  MacAddress         Port           Type\n" + "-" * 60)
        for number, (vlan, mac, port) in enumerate(state["mac"], 1):
            print(f"  {number:3}  {vlan:6}  {mac.upper():17}  {port:13}  Dynamic")
        print(f"Total number of entries {len(state['mac'])}")
    elif words == ["lldp", "table"]:
        print("LocalPort    RemoteDevice    RemotePortID    Capability    RemotePortDescr\n" + "-" * 60)
        for port, device, mac in state["lldp"]:
            print(f"{port:13}{device:16}{mac:18}{'R':14}eno1")
        print("-" * 60 + f"\nTotal entries displayed:  {len(state['lldp'])}")
    else:
        fail(f"No such command {words}")


def db_dump(words: list[str]) -> None:
    """``sonic-db-dump -n DATABASE -y -k PATTERN``, of tables that follow from CONFIG_DB."""
    database, pattern = words[1], words[4]
    found = load("config")
    channels, members = found.get("PORTCHANNEL", {}), found.get("PORTCHANNEL_MEMBER", {})
    rows = {f"PORT_TABLE:{name}": {**row, "oper_status": "up"} for name, row in found["PORT"].items()}
    rows |= {"PORT_TABLE:PortConfigDone": {"count": "8"}}
    rows |= {f"LAG_TABLE:{name}": {"admin_status": "up", "oper_status": "up"} for name in channels}
    rows |= {f"LAG_MEMBER_TABLE:{name.replace('|', ':')}": {"status": "enabled"} for name in members}
    rows |= {f"VLAN_TABLE:{name}": {"admin_status": "up"} for name in found.get("VLAN", {})}
    rows |= {f"LLDP_ENTRY_TABLE:{port}": row for port, row in load("state")["neighbours"].items()}
    if database == "STATE_DB":
        rows = {"TRANSCEIVER_INFO|Ethernet0": {"type": "SFP/SFP+/SFP28"}}
        rows |= {"TRANSCEIVER_DOM_SENSOR|Ethernet0": {"rx1power": "-1.80", "tx1power": "N/A"}}
    chosen = {key: row for key, row in rows.items() if fnmatch.fnmatchcase(key, pattern)}
    print(
        json.dumps({key: {"expireat": 1.0, "ttl": -0.001, "type": "hash", "value": row} for key, row in chosen.items()})
    )


def portstat() -> None:
    """``portstat -j``, after the counters were cleared."""
    count = {"STATE": "U", "RX_ERR": "3", "RX_DRP": "1,024", "TX_ERR": "0", "TX_DRP": "N/A"}
    print("Last cached time was 2026-11-30T07:00:00.000000\n" + json.dumps({"Ethernet0": count}, indent=4))


def main(program: str, words: list[str]) -> None:
    state = load("state")
    if program == "sonic-cfggen" and words == ["-d", "--print-data"]:
        print(json.dumps(load("config"), indent=4))
    elif program in ("ps", "who"):
        print("\n".join(["    1 ?        root     /sbin/init", *state["ps"]] if program == "ps" else state["who"]))
    elif program == "sonic-db-dump" and words[0::2][:2] == ["-n", "-y"]:
        db_dump(words)
    elif program == "portstat" and words == ["-j"]:
        portstat()
    elif program == "teamdctl" and words[1:] == ["state", "dump"]:
        print(json.dumps({"ports": state["partners"].get(words[0], {})}))
    elif program in ("config", "systemd-run", "systemctl", "show"):
        {"config": config, "systemd-run": systemd_run, "systemctl": systemctl, "show": show}[program](words)
    else:
        fail(f"{program} {words}: not known")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
