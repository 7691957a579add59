"""Backends from outside, registered the way anyone would: a module and an entry point."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def install(site: Path, *names: str) -> None:
    """Install the named modules of this folder into ``site`` as backends of the same names.

    "brittle_dies" is the module "brittle" under that name, by which it knows what to do.
    """
    entry_points = ["[flopsbench.backends]"]
    for name in names:
        (site / f"{name}.py").write_bytes((FOLDER / f"{name.partition('_')[0]}.py").read_bytes())
        entry_points.append(f"{name} = {name}")
    information = site / "strangers-1.0.dist-info"
    information.mkdir(exist_ok=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("\n".join(entry_points) + "\n")
