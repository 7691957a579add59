"""Fail when a test was skipped that could have run: a test that is skipped everywhere tests nothing.

One may be skipped that needs a GPU, an instruction which the CPU of this machine does not have, a library that has no
release for this Python yet, or a linter of workflows that could not be had.
"""

import sys
import xml.etree.ElementTree as ElementTree

ALLOWED = ("this CPU has", "for this Python yet", "no actionlint here")
XFAIL = "pytest.xfail"  # a test that ran, and failed as it was expected to, is written down as skipped, too


def main(report: str) -> int:
    """Name every test skipped for any other reason; 1 when there is one."""
    cases = ElementTree.parse(report).iter("testcase")
    skipped = [
        f"{case.get('classname')}::{case.get('name')}: {reason.get('message')}"
        for case in cases
        if not (case.get("classname") or "").startswith("tests.gpu")
        for reason in case.iter("skipped")
        if reason.get("type") != XFAIL
        if not any(allowed in (reason.get("message") or "") for allowed in ALLOWED)
    ]
    print(*skipped, sep="\n")
    return int(bool(skipped))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
