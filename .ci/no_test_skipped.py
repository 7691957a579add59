"""Fail when a test was skipped that needs no GPU: a test that is skipped everywhere tests nothing."""

import sys
import xml.etree.ElementTree as ElementTree


def main(report: str) -> int:
    """Name every skipped test outside tests/gpu; 1 when there is one."""
    cases = ElementTree.parse(report).iter("testcase")
    skipped = [
        f"{case.get('classname')}::{case.get('name')}: {reason.get('message')}"
        for case in cases
        if not (case.get("classname") or "").startswith("tests.gpu")
        for reason in case.iter("skipped")
    ]
    print(*skipped, sep="\n")
    return int(bool(skipped))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
