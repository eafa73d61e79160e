# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: measures and writes build/bench.json.

Each entry is `{name, unit, value, peer, peer_value, ratio, note}`: `peer` is the reference, measured
in the same run on the same machine (a lower bound of any implementation, or the same work done by hand); `ratio` is
value / peer_value. If a measurement fails, its value is null, `note` gives the reason, and the exit status is 1.

run.py [--cold] [model|inventory|objects|bundle|noop|fleet|idle|answers|stages|kubeadm|switch]

The rack of `make lab` must run for noop, idle, answers and stages; GROUNDUP_E2E_MODEL names the model of another one.
"""

from __future__ import annotations

import argparse
import collections.abc
import hashlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".ansible/collections"), str(ROOT / "tests"), str(ROOT / "tests/bench")]

Entry = dict[str, t.Any]


def entry(name: str, value: float, unit: str, peer: str = "", peer_value: float | None = None, note: str = "") -> Entry:
    ratio = round(value / peer_value, 2) if peer_value else None
    held = round(peer_value, 3) if peer_value is not None else None
    found = {"name": name, "unit": unit, "value": round(value, 3), "peer": peer, "peer_value": held}
    return {**found, "ratio": ratio, "note": note}


def timed(*words: str, env: dict[str, str] | None = None) -> float:
    """Seconds that a command takes; RuntimeError with the end of its output if it fails."""
    began = time.monotonic()
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return time.monotonic() - began


def measure_model(_cold: bool) -> list[Entry]:
    """Time of load and derive; the peer of 10,000 machines is ten times that of 1,000: a ratio of 1 is linear."""
    import model

    figures = model.measure()
    small, large = figures["model_1000"]["total"], figures["model_10000"]["total"]
    return [
        entry("model.1000_machines", small, "s", "the limit of 2 s", 2.0),
        entry("model.10000_machines", large, "s", "ten times 1,000 machines", 10 * small),
    ]


def measure_inventory(_cold: bool) -> list[Entry]:
    """What every Ansible command pays before its first task; the peer of 4,000 machines is four times 1,000."""
    import inventory

    small, large = inventory.measure(1_000), inventory.measure(4_000)
    found = []
    for name in inventory.COMMANDS:
        found.append(entry(f"inventory.{name}.1000_machines", small[name]["wall"], "s", "the limit of 5 s", 5.0))
        four = 4 * small[name]["cpu"]
        cpu = large[name]["cpu"]
        found.append(entry(f"inventory.{name}.4000_machines", cpu, "cpu s", "four times 1,000 machines", four))
        memory = large[name]["memory"]
        found.append(entry(f"inventory.{name}.memory_of_4000", memory, "MiB", "the limit of 1 GiB", 1024.0))
    return found


def measure_objects(_cold: bool) -> list[Entry]:
    """500 objects: the engine against `kubectl apply --server-side`, the module against kubernetes.core.k8s."""
    with tempfile.TemporaryDirectory(prefix="groundup-bench-") as directory:
        out = f"{directory}/objects.json"
        timed(sys.executable, "-m", "pytest", "-q", "tests/bench/objects.py", env={"GROUNDUP_BENCH_OUT": out})
        if not os.path.exists(out):
            raise RuntimeError("skipped: it needs the bundle of this checkout and the Python package kubernetes")
        figures = json.loads(pathlib.Path(out).read_text())
    pairs = (("engine", "kubectl", "kubectl apply --server-side"), ("module", "kubernetes.core", "kubernetes.core.k8s"))
    found = []
    for ours, peer, title in pairs:
        for when in ("first", "unchanged"):
            note = figures[peer].get("why", "")
            value = figures[ours][when]
            found.append(entry(f"objects.{ours}.{when}", value, "s", title, figures[peer].get(when), note))
    return found


def measure_bundle(cold: bool) -> list[Entry]:
    """A run with a complete bundle; its peer reads every file once, which any verifying run must do."""
    found = [ansible_bundle("bundle.warm")]
    if not cold:
        return [*found, not_measured("bundle.cold", "not measured: it takes about twelve minutes; use --cold")]
    with tempfile.TemporaryDirectory(prefix="groundup-bench-") as cache:
        extra = json.dumps({"bundle_config": {"dir": f"{cache}/bundle", "cache_dir": f"{cache}/cache"}})
        seconds = timed("ansible-playbook", "playbooks/bundle.yml", "-e", extra, env={"GOCACHE": f"{cache}/go"})
    return [*found, entry("bundle.cold", seconds, "s", "the limit of 12 min", 720.0)]


def ansible_bundle(name: str) -> Entry:
    seconds = timed("ansible-playbook", "playbooks/bundle.yml")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    began, size = time.monotonic(), 0
    for file in pathlib.Path(base, "groundup/bundle").rglob("sha256/*"):
        if file.is_file():
            with file.open("rb") as data:
                hashlib.file_digest(data, "sha256")
            size += file.stat().st_size
    return entry(name, seconds, "s", f"sha256 of its files ({size >> 20} MiB), once", time.monotonic() - began)


def measure_noop(_cold: bool) -> list[Entry]:
    """A second run of site.yml; its peer is one module on every host, the minimum time of any access to them."""
    from e2e.rack import MODEL, Rack, changes

    rack = Rack(MODEL)
    ping = ("ansible", "-i", str(rack.directory / "cloud.yml"), "machines", "-m", "ansible.builtin.ping")
    rack.lab("bench-warm", "run", *ping, minutes=5)
    began = time.monotonic()
    rack.lab("bench-ping", "run", *ping, minutes=5)
    floor = time.monotonic() - began
    figures = rack.site("bench-noop", "--skip-tags", "prove")
    if changes(figures):
        raise RuntimeError(f"the run changed something: {changes(figures)}; run site.yml until it changes nothing")
    most = max(count for host, count in figures["hosts"].items() if host not in ("localhost", "provisioner"))
    return [
        entry("noop.seconds", figures["seconds"], "s", "`ansible machines -m ping`", floor),
        entry("noop.tasks_per_machine", most, "tasks", "single digits", 9),
    ]


def measure_fleet(_cold: bool) -> list[Entry]:
    """A no-op of site.yml over 100 simulated machines; the peers are the goals. Its doubles are printed with it."""
    from fleet import DOUBLES, measure

    found = measure.measure(100)
    print(measure.page(found))
    note = "doubles: " + "; ".join(f"{name}: {what}" for name, what in DOUBLES.items())
    everywhere = len(measure.on_every_machine(found))
    return [
        entry("fleet.wall", found["wall"], "s", "the limit of 60 s", 60.0, note),
        entry("fleet.cpu", found["cpu"], "cpu s", "60 s of two cores", 120.0),
        entry("fleet.controller_cpu_per_machine", found["controller_cpu"] / found["machines"], "cpu s"),
        entry("fleet.machine_cpu", found["machine_cpu"], "cpu s"),
        entry("fleet.tasks", len(measure.named(found)), "tasks"),
        entry("fleet.tasks_on_every_machine", everywhere, "tasks", "the comparison alone", 1.0),
        entry("fleet.connections_per_machine", found["connections"], "", "a look and the comparison", 2.0),
        entry("fleet.commands_per_machine", found["commands"], "", "a look and the comparison", 2.0),
    ]


def measure_idle(_cold: bool) -> list[Entry]:
    """Cores that the rack takes with nothing to do; the peers are the goals for a rack with a hosted control plane."""
    from e2e.rack import MODEL, Rack
    from idle import idle

    goals = {"control plane": 0.2}
    return [
        entry(f"idle.{name}", cores, "cores", "the goal", goals.get(name, 0.15))
        for name, cores in idle(Rack(MODEL).state).items()
    ]


def measure_answers(_cold: bool) -> list[Entry]:
    """How long the API of the rack takes to answer, for a minute or GROUNDUP_BENCH_SECONDS.

    It may be started while a rack is being raised: then it begins when there is an API.
    """
    import answers
    from e2e.rack import MODEL, Rack

    rack = Rack(MODEL)
    seconds = float(os.environ.get("GROUNDUP_BENCH_SECONDS", answers.SECONDS))
    found = answers.of_rack(rack.directory / "run", rack.state, ROOT / ".ansible/collections", seconds)
    ready = " to ".join(map(str, found.pop("ready")))
    counted = "{count} answers, {errors} errors {last_error}"
    return [
        entry(
            f"answers.{name}.{part}",
            figures[part],
            "ms",
            "the limit of 100 ms",
            100.0,
            f"{counted.format(**figures).strip()}, Ready nodes: {ready}",
        )
        for name, figures in found.items()
        for part in ("p50", "p95", "max")
    ]


def measure_stages(_cold: bool) -> list[Entry]:
    """The stages of the first run; the peer of the machines' stage is two boots of the same image, measured now."""
    from boot import timed as booted
    from e2e.rack import MODEL, Rack

    first = Rack(MODEL).directory / "timings-first.json"
    if not first.exists():
        raise RuntimeError(f"{first.relative_to(ROOT)} does not exist; `make lab` writes it when it creates the rack")
    found = []
    for stage in json.loads(first.read_text())["stages"]:
        if stage["name"] != "Machines":
            found.append(entry(f"stage.{stage['name']}", stage["seconds"], "s"))
            continue
        boot = booted(ROOT)
        note = "three machines share the cores; the peer is one machine's boot, twice"
        found.append(entry("stage.Machines", stage["seconds"], "s", "two boots of the same image", 2 * boot, note))
    return found


def measure_kubeadm(_cold: bool) -> list[Entry]:
    """The role `kubernetes` on a machine with a container runtime, against the same by hand on the same machine."""
    import kubeadm
    from ansible_collections.groundup.cloud.plugins.module_utils.bundle import index
    from ansible_collections.groundup.cloud.plugins.module_utils.homes import cache_home

    bundle = json.loads(pathlib.Path(cache_home(), "bundle/current/bundle.json").read_text())
    by_hand = kubeadm.script(index.addressed(bundle, kubeadm.SERVER))
    molecule = ("tools/molecule", "kubernetes")
    timed(*molecule, "create")
    try:
        timed(*molecule, "prepare")
        ours = timed(*molecule, "converge")
        done = subprocess.run([*molecule, "login", by_hand], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"kubeadm by hand: {done.stderr[-800:]}")
    finally:
        timed(*molecule, "destroy")
    moved, formed = kubeadm.seconds(done.stdout)
    note = f"programs and images {moved:.0f} s, kubeadm init {formed:.0f} s; the role also does the endpoint and labels"
    return [entry("kubernetes.one_node", ours, "s", "download, pull and kubeadm init by hand", moved + formed, note)]


def measure_switch(_cold: bool) -> list[Entry]:
    """A change of 48 ports as one transaction; its peer is the same change, one call of ours for each port."""
    import switch

    found = switch.measure()
    (seconds, requests), (each, single) = found["together"], found["each"]
    note = "both against the double of an EOS switch; tasks: 1 against 48"
    return [
        entry("switch.48_ports", seconds, "s", "48 calls of our own, one port each", each, note),
        entry("switch.48_ports.requests", requests, "", "48 calls of our own, one port each", single, note),
    ]


def not_measured(name: str, why: str) -> Entry:
    return {"name": name, "unit": "", "value": None, "peer": "", "peer_value": None, "ratio": None, "note": why}


PARTS: dict[str, collections.abc.Callable[[bool], list[Entry]]] = {
    "model": measure_model,
    "inventory": measure_inventory,
    "objects": measure_objects,
    "bundle": measure_bundle,
    "noop": measure_noop,
    "fleet": measure_fleet,
    "idle": measure_idle,
    "answers": measure_answers,
    "stages": measure_stages,
    "kubeadm": measure_kubeadm,
    "switch": measure_switch,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="measure, and write build/bench.json")
    parser.add_argument("--cold", action="store_true", help="also create the bundle from an empty directory")
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"of {', '.join(PARTS)}; default: all")
    wanted = parser.parse_args()
    os.environ["PATH"] = f"{ROOT}/.venv/bin:{os.environ['PATH']}"
    entries, failed = [], False
    for part in wanted.parts:
        try:
            found = PARTS[part](wanted.cold)
        except (RuntimeError, AssertionError, OSError, subprocess.CalledProcessError) as error:
            found, failed = [not_measured(part, f"{type(error).__name__}: {error}")], True
        entries += found
        for line in found:
            result = f"{line['ratio']} x {line['peer']}" if line["ratio"] is not None else line["note"]
            print(
                f"{line['name']:32} {line['value'] if line['value'] is not None else '-':>10} {line['unit']:5} {result}"
            )
    target = ROOT / "build/bench.json"
    target.parent.mkdir(exist_ok=True)
    where = {"cpus": os.cpu_count(), "machine": platform.machine(), "load_1min": os.getloadavg()[0]}
    target.write_text(json.dumps({"host": where, "entries": entries}, indent=2) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
