"""Lets ``flopsbench ab`` compare a kernel with itself, and with one that does 3 % more work."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flopsbench.result.keys import VENDOR_KERNELS
from flopsbench.units import percent, signed_percent
from tests import strangers
from tests.gpu.acceptance.measured.rates import FLOPSBENCH, all_reached
from tests.gpu.acceptance.program import GRACE_S, ran
from tests.gpu.acceptance.report.journal import Finding, verdict_of
from tests.gpu.acceptance.steps import Context

DTYPE = "bf16"


def of_same(context: Context) -> Iterator[Finding]:
    """Two sides that are the same."""
    yield compared("ab_same", context, "", called=False)


def of_three(context: Context) -> Iterator[Finding]:
    """Three launches of a hundred are made twice on one side."""
    yield compared("ab_three", context, "repeats_", called=True)


def compared(guess: str, context: Context, prefix: str, called: bool) -> Finding:
    """What ``ab`` says of a backend beside a stranger that wraps it, or beside itself."""
    name = next((each.name for each in reversed(all_reached())), None)  # cupy's processes start in no time
    if name is None:
        return Finding(guess, "not reached", "no backend reaches a GPU")
    with tempfile.TemporaryDirectory() as folder:
        site, document = Path(folder), Path(folder, "comparison.json")
        strangers.install(site, f"repeats_{name}")
        path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
        environment, seconds = {**os.environ, "PYTHONPATH": path}, context.seconds - 2 * GRACE_S
        sides = ["--a", f"backend={name}", "--b", f"backend={prefix}{name}"]
        asked = ["--dtype", DTYPE, "--size", str(context.scale.edge // 2), "--kernel", VENDOR_KERNELS[name]]
        command = [*FLOPSBENCH, "ab", "--device", "cuda", *asked, "--pairs", str(context.scale.pairs), *sides]
        ended = ran([*command, "--json", str(document)], seconds, environment)
        if not document.exists():
            return Finding(guess, "not reached", f"no comparison: {ended.last_line}", name)
        (change,) = json.loads(document.read_bytes())["changes"]
    told = f"{change['verdict']} in {ended.seconds:.0f} s"
    if "estimate" not in change:
        return Finding(guess, "not reached", f"{told}: {change.get('reason', '')}", name)
    figures = {key: change[key] for key in ("estimate", "low", "high", "detectable")}
    told += f", {signed_percent(change['estimate'], 2)}, could have called {percent(change['detectable'], 1)}"
    return Finding(guess, verdict_of((change["verdict"] == "regression") == called), told, name, figures)
