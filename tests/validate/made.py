"""Registries of any size, made up: sound Results of many devices, submitters and dates, no two with equal blocks.

    python -m tests.validate.made FOLDER [--results 20000]

Each is an honest Result of another device: its figures follow from its blocks, its blocks from the device's peaks.
"""

from __future__ import annotations

import argparse
import datetime
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from msgspec.structs import replace

from flopsbench.analysis.vendor import is_own
from flopsbench.peaks.datasheet import Accelerator, datasheet_peak, load_accelerators
from flopsbench.result.files import save
from flopsbench.result.types import METHOD_VERSION, Case, DeviceRecord, Process, Result, significant
from tests.validate.honest import CPU, GPU, MEASURED, OWN, honest, refigured

CASES = 5  # of one device in a Result: about 30 KB
SUBMITTERS = 200
FIRST_DAY = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
DAYS = 300
DRIVERS = ("550.90.07", "560.35.03", "565.57.01", "570.124.06")
TORCHES = ("2.6.0", "2.7.1", "2.8.0")
GPU_POWER_W = 700.0
CORES = (2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Kind:
    """A device to be measured, its speed (by dtype) and its power beside the honest one of its kind."""

    device: DeviceRecord
    speed: dict[str, float]
    power: float = 1.0


@cache
def _honest(method: int = METHOD_VERSION) -> Result:
    """The honest Result, with own kernels behind its other cases."""
    return honest(measured=(*MEASURED, *OWN), method=method)


@cache
def kinds() -> tuple[Kind, ...]:
    """Every NVIDIA board of the accelerators table, and one CPU with different numbers of cores."""
    cases = _honest().cases
    boards = [row for row in load_accelerators().values() if row.vendor == "NVIDIA"]
    return (*(_board(row, cases) for row in boards), *map(_cpu, CORES))


def _board(row: Accelerator, cases: list[Case]) -> Kind:
    name, board_power_w = row.names_seen[0], row.board_power_w
    shares = {
        case.dtype: peak.rate_per_s / known.rate_per_s
        for case in cases
        if (known := datasheet_peak(GPU.name, case.dtype)) and (peak := datasheet_peak(name, case.dtype))
    }
    arch = GPU.arch if name == GPU.name else None  # whose rate at the clock seen would be another's
    units, memory_gib = row.units or GPU.units, row.memory_gib
    memory_bytes = round(memory_gib * 2**30) if memory_gib else GPU.memory_bytes
    device = replace(GPU, name=name, arch=arch, units=units, memory_bytes=memory_bytes, power_limit_w=board_power_w)
    return Kind(device, shares, board_power_w / GPU_POWER_W)


def _cpu(cores: int) -> Kind:
    return Kind(replace(CPU, units=cores), dict.fromkeys(("fp64", "fp32", "bf16", "int8"), cores / (CPU.units or 1)))


def made(number: int, method: int = METHOD_VERSION, own: bool = False) -> Result:
    """The Result of that number, without its id, by a version of the method; equal numbers give equal Results.

    Own kernels are in it where they are asked for.
    """
    draw = random.Random(number)
    kind = kinds()[number % len(kinds())]
    known = _honest(method)
    cases = [
        _rejittered(draw, case, kind)
        for case in known.cases
        if case.stats and case.device == kind.device.id and case.dtype in kind.speed
    ]
    cases = [*(case for case in cases if not is_own(case))][:CASES] + [case for case in cases if own and is_own(case)]
    someone = draw.randrange(SUBMITTERS)
    cpu, around, cores = known.host.cpu, known.host.virtualisation, kind.device.units or 1
    if kind.device.kind == "cpu" and around:
        cpu = replace(cpu, logical=2 * cores, physical=cores, usable=cores)
        around = replace(around, affinity=2 * cores)
    measured = {(case.device, case.dtype) for case in cases}
    own = cases[0].policy or known.policy  # the run's is that of its first burst
    return refigured(
        replace(
            known,
            created=f"{FIRST_DAY + datetime.timedelta(days=draw.uniform(0, DAYS)):%Y-%m-%dT%H:%M:%SZ}",
            policy=replace(known.policy, block_s=own.block_s, warmup_s=own.warmup_s),
            cases=cases,
            devices=[replace(kind.device, driver=draw.choice(DRIVERS) if kind.device.kind == "cuda" else None)],
            ceilings=[each for each in known.ceilings if (each.device, each.dtype) in measured],
            host=replace(
                known.host,
                machine_id=f"{0x9E3779B97F4A7C15 * (someone + 1) % 2**64:016x}",
                cpu=cpu,
                virtualisation=around,
            ),
            software=replace(known.software, versions=known.software.versions | {"torch": draw.choice(TORCHES)}),
            submitter=f"somebody-{someone}" if someone else None,
        )
    )


def _rejittered(draw: random.Random, case: Case, kind: Kind) -> Case:
    """The case on another device, on another day."""
    level = draw.gauss(1, 0.01)
    return replace(case, processes=[_process(draw, each, level, kind, case.dtype) for each in case.processes])


def _process(draw: random.Random, known: Process, level: float, kind: Kind, dtype: str) -> Process:
    speed = kind.speed[dtype]
    slower = level / speed
    factors = [slower * draw.gauss(1, 0.002) for _ in known.block_s]
    power = {"power_w": kind.power, "energy_j": kind.power * slower}
    sensed = {name: getattr(known.telemetry, name) for name in power}
    return replace(
        known,
        block_s=[significant(seconds * factor) for seconds, factor in zip(known.block_s, factors, strict=True)],
        host_block_s=[significant(seconds * slower * 1.01) for seconds in known.host_block_s],
        block_ceilings=[(significant(one * speed), significant(other * speed)) for one, other in known.block_ceilings],
        first_launch_s=significant(known.first_launch_s * slower * draw.uniform(1, 1.1)),
        warmup_block_s=[significant(seconds * slower * draw.gauss(1, 0.01)) for seconds in known.warmup_block_s],
        wall_s=significant(known.wall_s * max(slower, 1.0)),
        telemetry=replace(
            known.telemetry, **{name: value and significant(value * power[name]) for name, value in sensed.items()}
        ),
    )


def file_them(folder: Path, numbers: range) -> list[Path]:
    """File the Results of these numbers where a registry has them."""
    return [save(made(number), folder) for number in numbers]


def main() -> None:
    """Make a registry, with all CPUs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--results", type=int, default=20_000)
    asked = parser.parse_args()
    parts = [range(start, min(start + 100, asked.results)) for start in range(0, asked.results, 100)]
    with ProcessPoolExecutor() as processes:
        paths = [path for part in processes.map(partial(file_them, asked.folder), parts) for path in part]
    print(f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / len(paths) / 1e3:.1f} kB each")


if __name__ == "__main__":
    main()
