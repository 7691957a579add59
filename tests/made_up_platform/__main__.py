"""Becomes a Python on the made-up platform, with the arguments that are left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PYTHON = Path(__file__).with_name("python")


def main() -> None:
    without_posix = sys.argv[1:2] == ["--without-posix"]
    os.environ |= {"MADE_UP_PLATFORM": "bare" if without_posix else "posix", "MADE_UP_PYTHON": sys.executable}
    os.execv(PYTHON, [str(PYTHON), *sys.argv[1 + without_posix :]])


if __name__ == "__main__":
    main()
