"""Reads what the registry below the current folder has measured, for whoever sets a machine beside other figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopsbench.cli.site import DEFAULT_REGISTRY
from flopsbench.errors import DocumentRejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopsbench.registry.entry import Machine
    from flopsbench.result.types import Result
    from flopsbench.scale.ladder import Mark


def registered_rates(lang: str) -> list[Mark] | None:
    """Return the rates of each machine of the registry in ``results``, as its boards rank them; None without one.

    What moderation hides or supersedes does not count, and a registry that cannot be read has no rates.
    """
    if not (DEFAULT_REGISTRY / "v1").is_dir():
        return None
    from flopsbench.registry.moderation import Moderation
    from flopsbench.result.files import load_folder
    from flopsbench.scale.ladder import Mark
    from flopsbench.site.model.boards import make_boards
    from flopsbench.site.model.read import read_entry
    from flopsbench.site.model.totals import newest_rates

    try:
        moderation = Moderation.load(DEFAULT_REGISTRY)
    except DocumentRejected:
        return []
    results, _ = load_folder(DEFAULT_REGISTRY / "v1")
    counted = [one for one in results if one.id not in moderation.hidden and one.id not in moderation.superseded]
    newest = _newest(counted)
    boards = make_boards([read_entry(result, "") for result in counted])
    return [
        Mark(_named(best.machine, newest[best.machine.slug], lang), best.rate_per_s, best.unit, best.dtype, source)
        for best in newest_rates(boards)
        for source in [newest[best.machine.slug].id]
    ]


def _newest(results: Iterable[Result]) -> dict[str, Result]:
    """Return the newest Result of each machine, by the machine's slug."""
    from flopsbench.site.model.read import slug

    in_time = sorted(results, key=lambda result: result.created)
    return {slug(device, result.host): result for result in in_time for device in result.devices}


def _named(machine: Machine, result: Result, lang: str) -> str:
    """Return what a machine is called: of a CPU how many cores were measured, and whether in a virtual machine."""
    from flopsbench.words.catalogue import phrase

    if machine.cores is None:
        return machine.name
    virtualisation = result.host.virtualisation
    guest = virtualisation is not None and virtualisation.hypervisor is not None
    return phrase(
        lang, "virtual_machine_cores" if guest else "machine_cores", cores=str(machine.cores), name=machine.name
    )
