"""How many cheats of the corpus are caught, how often their honest twins are taken for cheats, and what those lose.

    python -m tests.perf.cheats [--rounds 3] [--family caches ...] [--twins]

Each kernel is measured by runs of its own. Printed is how each cheat was refused, or NOT CAUGHT with its rate over that
of its twin; then how many runs of twins, out of so many rounds, gave no rate, and the median over the twins of rate
through the harness / the same kernel in a bare loop, taken right after it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from statistics import median

from tests.strangers.cheats import CHEATS, Cheat
from tests.strangers.cheats.measured import ENVIRONMENT, Outcome, measured
from tests.strangers.cheats.twins import TWINS, Twin, bare_rate


def of_twin(twin: Twin, rounds: int) -> tuple[list[Outcome], list[float]]:
    """The outcomes of so many runs of a twin, and each rate over that of a bare loop."""
    outcomes, ratios = [], []
    for _ in range(rounds):
        outcomes.append(outcome := measured(*twin))
        if outcome.rate and outcome.case and outcome.case.compute:
            sets, loops = outcome.case.compute.operand_sets, outcome.case.processes[0].loops
            ratios.append(outcome.rate / bare_rate(twin, loops, sets))
    return outcomes, ratios


def verdict(cheat: Cheat, outcome: Outcome, honest_rate: float | None) -> str:
    """How a cheat was caught, or that it was not."""
    if not cheat.caught and outcome.rate is not None:
        return f"LEFT {outcome.left} PROCESSES" if outcome.left else "a right rate, and nothing left"
    if outcome.rate is not None:
        gain = f", {outcome.rate / honest_rate:.3g} x its twin's rate" if honest_rate else ""
        return f"NOT CAUGHT{gain}"
    told = outcome.why if outcome.caught_by(cheat.caught) else f"{outcome.why}, not by {cheat.caught}"
    return f"{told}: {outcome.reason[:80]}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per cheat, then one per twin, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--family", nargs="*", default=[])
    parser.add_argument("--twins", action="store_true", help="measure the honest twins alone")
    asked = parser.parse_args(arguments)
    os.environ.update(ENVIRONMENT)
    alarms, ratios, honest = 0, [], {}
    twins = [twin for twin in TWINS if not asked.family or twin.family in asked.family]
    for twin in twins:
        outcomes, of_bare = of_twin(twin, asked.rounds)
        wrong = [outcome for outcome in outcomes if outcome.rate is None]
        alarms += len(wrong)
        rates = [outcome.rate for outcome in outcomes if outcome.rate is not None]
        honest[twin] = median(rates) if rates else None
        ratios += [median(of_bare)] if of_bare else []
        shown = f"{median(of_bare):.3f} of a bare loop" if of_bare else "no rate"
        why = "".join(f"; {each.why}: {each.reason[:80]}" for each in wrong)
        name = " ".join(map(str, twin))
        print(f"twin  {name:44} {shown}, false alarms {len(wrong)} of {asked.rounds}{why}", flush=True)
    chosen = [cheat for cheat in CHEATS if not (asked.twins or (asked.family and cheat.family not in asked.family))]
    missed = 0
    for cheat in chosen:
        outcome = measured(cheat.family, cheat.cheat, cheat.size, cheat.dtype)
        missed += not outcome.caught_by(cheat.caught) and (outcome.rate is not None or not cheat.caught)
        twin = Twin(cheat.family, cheat.twin, cheat.size, cheat.dtype)
        name = f"{cheat.family} {cheat.cheat} {cheat.size} {cheat.dtype}"
        print(f"cheat {name:44} {verdict(cheat, outcome, honest[twin])}", flush=True)
    if chosen:
        print(f"{len(chosen) - missed} of {len(chosen)} cheats caught, {missed} NOT CAUGHT")
    print(f"{alarms} false alarms in {len(twins) * asked.rounds} runs of {len(twins)} twins")
    if ratios:
        print(f"median over the twins of rate / bare loop: {median(ratios):.4f}")


if __name__ == "__main__":
    main()
