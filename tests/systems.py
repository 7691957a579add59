"""Marks for tests of what not every system has."""

from __future__ import annotations

import os
import sys

import pytest

from flopsbench.host.parent import IS_POSIX

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="it is about what Linux alone has")
POSIX = pytest.mark.skipif(not IS_POSIX, reason="it is about what only POSIX has")
PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
