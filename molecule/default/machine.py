# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine of the Molecule scenarios: Debian 13 under QEMU, started from a saved state of its RAM in seconds.

    machine.py image NAME DIRECTORY    have its image; the only step that needs a package mirror, all others are cut off
    machine.py up NAME DIRECTORY       start it and write DIRECTORY/../inventory/machine.yml
    machine.py reset NAME DIRECTORY    back to the saved state, about a second
    machine.py boot NAME DIRECTORY     boot it without a saved state, say how long that takes, end it (for benchmarks)
    machine.py alone NAME DIRECTORY    only the networks of the controller, for scenarios that need no machine
    machine.py down NAME DIRECTORY     end it, remove namespaces and disks; the console's log stays

The image is the one that the provisioner deploys (module_utils/provision). It is booted once per image, QEMU version,
arguments and seed, and saved (`savevm`) in the cache directory, which may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import inspect
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import typing as t

from ansible_collections.groundup.cloud.plugins.module_utils.provision import build, recipe
from wire import NETWORKS, Wire, end, run

HOST = "node1"  # its name in the inventory and in the examples of the READMEs
ADDRESS = f"{NETWORKS['provision'][1]}.21"
MACS = {"nic0": "52:54:00:99:00:01", "nic1": "52:54:00:99:00:02"}
SERIALS = {"root": "SN-ROOT-1", "data": "SN-MOL-1"}
ROOT_OFFSET = 36 << 20  # of the root filesystem in the image: module_utils/provision/disk.py
STATE = "clean"

#: Sorts behind what a role writes, so that a role's own files win.
NETWORK_FILE = f"""[Match]
PermanentMACAddress={MACS["nic0"]}

[Network]
Address={ADDRESS}/24
LinkLocalAddressing=no
IPv6AcceptRA=no
"""

# What ran once is in the page cache of the saved state: Python and its modules are most of what Ansible waits for.
SETTLE = """set -e
resize2fs /dev/vda3 2>&1
systemctl is-system-running --wait || systemctl --failed --no-legend
python3 -c 'import hashlib, json, selectors, shlex, ssl, subprocess, zipfile'
dpkg-query -W >/dev/null
sync
"""


def arguments(disks: pathlib.Path, runtime: pathlib.Path, console: pathlib.Path) -> list[str]:
    """QEMU's command line. Never KVM: the machine must behave alike wherever it runs."""
    words = (
        "qemu-system-x86_64 -name molecule -machine q35 -accel tcg,thread=multi,tb-size=256 -cpu max,la57=off -smp 2"
    )
    words += " -m 2048 -nodefaults -display none -object rng-random,id=rng,filename=/dev/urandom"
    words += " -device virtio-rng-pci,rng=rng"
    found = words.split()
    for name, serial in SERIALS.items():
        found += ["-drive", f"if=none,id={name},file={disks}/{name}.qcow2,format=qcow2,cache=unsafe,discard=unmap"]
        found += ["-device", f"virtio-blk-pci,drive={name},serial={serial}"]
    plain = "csum=off,gso=off,host_tso4=off,host_tso6=off,host_ecn=off,host_ufo=off,mrg_rxbuf=off"
    plain += ",guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off"
    for name, mac in MACS.items():
        found += ["-netdev", f"tap,id={name},ifname={name},script=no,downscript=no"]
        found += ["-device", f"virtio-net-pci,netdev={name},mac={mac},romfile=,speed=10000,duplex=full,{plain}"]
    found += ["-chardev", f"file,id=console,path={console},append=on", "-serial", "chardev:console"]
    return [
        *found,
        "-qmp",
        f"unix:{runtime}/qmp.sock,server=on,wait=off",
        "-pidfile",
        f"{runtime}/qemu.pid",
        "-daemonize",
    ]


class Machine:
    """One instance: its wire, its QEMU, its files below `directory`."""

    def __init__(self, name: str, directory: pathlib.Path) -> None:
        self.name, self.directory = name, directory
        self.runtime = pathlib.Path("/run", name)
        self.controls = self.runtime / "ssh"  # sockets: their paths end at 107 characters, a checkout's may be long
        self.console = directory.parent.with_suffix(".console.log")  # beside what Molecule prunes
        self.wire = Wire(name, self.runtime)
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        self.cache = pathlib.Path(base, "groundup", "molecule")

    def up(self) -> None:
        """Starts the machine from its saved state; makes that first if there is none."""
        self._prepare()
        saved = self._saved()
        for disk in SERIALS:
            run("cp", "--reflink=auto", "--sparse=always", saved / f"{disk}.qcow2", self.directory)
        self._take_keys(saved)
        self._start(self.directory, "-loadvm", STATE)
        self._awake()
        self._inventory()

    def alone(self) -> None:
        """Makes the networks of the controller, and an inventory without a machine."""
        self._prepare()
        self.wire.alone()
        self._write({})

    def reset(self) -> None:
        """Back to the saved state; connections that Ansible kept open are closed first."""
        for link in self.controls.glob("*"):
            run("ssh", "-o", f"ControlPath={link}", "-O", "exit", "machine", check=False)
        answer = self.monitor(f"loadvm {STATE}")
        if answer.strip():
            raise RuntimeError(f"loadvm {STATE}: {answer.strip()}; run `machine.py up` for a fresh machine")
        self._awake()

    def boot(self) -> None:
        """Prints {"seconds": from power-on to the first answer over ssh}; leaves nothing."""
        self._prepare()
        self.console.unlink(missing_ok=True)
        try:
            seconds = self._boot(self.image(), self.directory)
            print(json.dumps({"seconds": round(seconds, 1)}))
        finally:
            self.down(whole=True)
            self.console.unlink(missing_ok=True)

    def down(self, whole: bool = False) -> None:
        """Ends everything of this instance, whatever state it is in."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            end(int((self.runtime / "qemu.pid").read_text()), "qemu")
        self.wire.down(whole)
        shutil.rmtree(self.runtime, ignore_errors=True)
        for disk in SERIALS:
            (self.directory / f"{disk}.qcow2").unlink(missing_ok=True)

    def monitor(self, line: str) -> str:
        """What QEMU's monitor answers to a line; empty when all is well."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(120)
            link.connect(str(self.runtime / "qmp.sock"))
            words = link.makefile("rw", encoding="utf-8")
            words.readline()
            answer: dict[str, t.Any] = {}
            for command in (
                {"execute": "qmp_capabilities"},
                {"execute": "human-monitor-command", "arguments": {"command-line": line}},
            ):
                words.write(json.dumps(command) + "\n")
                words.flush()
                answer = json.loads(words.readline())
                while "event" in answer:
                    answer = json.loads(words.readline())
        return str(answer.get("return", answer))

    def ssh(self, script: str, seconds: float) -> None:
        """Runs a script in the machine, trying again until it answers; RuntimeError with the console's end if not."""
        deadline = time.monotonic() + seconds
        options = ["-F/dev/null", "-oBatchMode=yes", "-oConnectTimeout=20", f"-i{self.directory}/id"]
        options += [f"-oUserKnownHostsFile={self.directory}/known_hosts", "-oControlPath=none"]
        words = ["ip", "netns", "exec", self.name, "ssh", *options, f"root@{ADDRESS}", "sh", "-s"]
        while True:
            done = subprocess.run(words, input=script, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            if done.returncode != 255 or time.monotonic() > deadline:
                tail = self.console.read_text(errors="replace")[-3000:] if self.console.exists() else ""
                raise RuntimeError(f"the machine doesn't answer: {done.stderr.strip()}\nend of its console:\n{tail}")
            time.sleep(0.2)

    def _prepare(self) -> None:
        self.down()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)

    def image(self) -> pathlib.Path:
        """The provisioner's image, built if it isn't in the cache."""
        return pathlib.Path(build.build(recipe.recipe("debian-13", {"profile": "emulated"}), build.default_cache()))

    def _start(self, disks: pathlib.Path, *more: str) -> None:
        self.wire.up()
        run(*arguments(disks, self.runtime, self.console), *more, namespace=self.wire.outside)

    def _awake(self) -> None:
        """The clock of a loaded machine stands where it was saved."""
        self.ssh(f"date -s @{time.time():.0f} >/dev/null", 60)

    def _saved(self) -> pathlib.Path:
        """Directory of the saved machine for this image, QEMU and seed; made under a lock when there is none."""
        image = self.image()
        about = [json.loads((image / "manifest.json").read_text())["sha256"], run("qemu-system-x86_64", "--version")]
        about += [*arguments(pathlib.Path(), pathlib.Path(), pathlib.Path()), inspect.getsource(seed), SETTLE]
        place = self.cache / hashlib.sha256("\n".join([*about, NETWORK_FILE, str(NETWORKS)]).encode()).hexdigest()[:16]
        self.cache.mkdir(parents=True, exist_ok=True)
        with (self.cache / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "known_hosts").exists():
                shutil.rmtree(place, ignore_errors=True)
                self._make(image, place)
        return place

    def _take_keys(self, source: pathlib.Path) -> None:
        """Only the private half: ssh would offer what a public file beside it says."""
        for file in ("id", "known_hosts"):
            shutil.copy2(source / file, self.directory / file)

    def _make(self, image: pathlib.Path, place: pathlib.Path) -> None:
        """Boots a copy of the image once and saves it; `place` appears only when it is whole."""
        work = place.with_suffix(".new")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        seconds = self._boot(image, work)
        self.ssh(SETTLE, 400)
        answer = self.monitor(f"savevm {STATE}")
        if answer.strip():
            raise RuntimeError(f"savevm {STATE}: {answer.strip()}")
        end(int((self.runtime / "qemu.pid").read_text()), "qemu")
        work.rename(place)
        print(f"machine: booted in {seconds:.0f} s and saved", flush=True)

    def _boot(self, image: pathlib.Path, work: pathlib.Path) -> float:
        """Seeds a copy of the image in `work` and starts it; seconds from power-on to the first answer over ssh."""
        for name in ("id", "host"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "molecule", "-f", work / name)
        seed(image / "os.raw", work)
        kind, key = (work / "host.pub").read_text().split()[:2]
        (work / "known_hosts").write_text(f"{ADDRESS} {kind} {key}\n")
        if work != self.directory:
            self._take_keys(work)
        began = time.monotonic()
        self._start(work)
        self.ssh("true", 400)
        return time.monotonic() - began

    def _inventory(self) -> None:
        """What Ansible and testinfra read. The variables `molecule_*` tell a scenario what the machine is made of."""
        extra = f"-o UserKnownHostsFile={self.directory}/known_hosts -o ControlPath={self.controls}/%C"
        self.controls.mkdir(exist_ok=True)
        machine = {
            "ansible_host": ADDRESS,
            "ansible_user": "root",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_ssh_private_key_file": str(self.directory / "id"),
            "ansible_ssh_common_args": extra,
            "molecule_macs": MACS,
            "molecule_serials": SERIALS,
            "molecule_networks": {
                name: {
                    "vlan": vlan,
                    "subnet": f"{prefix}.0/24",
                    "controller": f"{prefix}.1",
                    "machine": f"{prefix}.21",
                    "mtu": mtu,
                }
                for name, (vlan, prefix, mtu) in NETWORKS.items()
            },
            "molecule_switch": self.wire.database,
        }
        # It stands for a provisioner too, in the scenarios of roles that run on one.
        self._write({"machines": {"hosts": {HOST: machine}}, "provisioners": {"hosts": {HOST: {}}}})

    def _write(self, groups: dict[str, t.Any]) -> None:
        place = self.directory.parent / "inventory"
        place.mkdir(exist_ok=True)
        (place / "machine.yml").write_text(json.dumps({"all": {"children": groups}}, indent=1) + "\n")


def seed(image: pathlib.Path, work: pathlib.Path) -> None:
    """Writes keys, name and network into a copy of the image without mounting it, and makes the qcow2 disks."""
    raw = work / "root.raw"
    run("cp", "--sparse=always", image, raw)
    with raw.open("r+b") as disk:
        disk.truncate(8 << 30)
    subprocess.run(["sfdisk", "-q", "--no-reread", "-N", "3", str(raw)], input=", +", text=True, check=True)
    (work / "network").write_text(NETWORK_FILE)
    (work / "hostname").write_text(f"{HOST}\n")
    # A test that connects often, or gives up on a slow answer, is no attack.
    (work / "sshd").write_text("PerSourcePenalties no\nMaxStartups 100\n")
    files = {
        "/root/.ssh/authorized_keys": ("id.pub", "0100600"),
        "/etc/ssh/ssh_host_ed25519_key": ("host", "0100600"),
        "/etc/ssh/ssh_host_ed25519_key.pub": ("host.pub", "0100644"),
        "/etc/systemd/network/90-molecule.network": ("network", "0100644"),
        "/etc/hostname": ("hostname", "0100644"),
        "/etc/ssh/sshd_config.d/molecule.conf": ("sshd", "0100644"),
    }
    lines = ["mkdir /root/.ssh", "set_inode_field /root/.ssh mode 040700"]
    for path, (source, mode) in files.items():
        lines += [f"rm {path}", f"write {work / source} {path}", f"set_inode_field {path} mode {mode}"]
    (work / "debugfs").write_text("\n".join(lines) + "\n")
    run("debugfs", "-w", "-f", work / "debugfs", f"{raw}?offset={ROOT_OFFSET}")
    run("qemu-img", "convert", "-O", "qcow2", raw, work / "root.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", work / "data.qcow2", "1G")
    for name in ("root.raw", "network", "hostname", "sshd", "debugfs", "host"):
        (work / name).unlink()


def main() -> None:
    verb, name, directory = sys.argv[1:]
    machine = Machine(name, pathlib.Path(directory).resolve())
    verbs = (machine.image, machine.up, machine.alone, machine.reset, machine.boot, machine.down)
    {method.__name__: method for method in verbs}[verb]()


if __name__ == "__main__":
    main()
