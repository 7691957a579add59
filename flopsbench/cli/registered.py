"""Reads what the registry below the current folder has measured, for whoever sets a machine beside other figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopsbench.cli.site import DEFAULT_REGISTRY
from flopsbench.errors import DocumentRejected

if TYPE_CHECKING:
    from flopsbench.scale.ladder import Mark


def registered_rates() -> list[Mark]:
    """Return the rates of each machine of the registry in ``results``, as its boards rank them; none without one.

    What moderation hides or supersedes does not count, and a registry that cannot be read has no rates.
    """
    if not (DEFAULT_REGISTRY / "v1").is_dir():
        return []
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
    boards = make_boards([read_entry(result, "") for result in counted])
    return [Mark(best.machine.name, best.rate_per_s, best.unit, best.dtype) for best in newest_rates(boards)]
