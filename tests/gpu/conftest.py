"""What every test of this folder needs: a GPU that an installed backend reaches. Elsewhere it is skipped."""

from __future__ import annotations

import pytest

from tests.gpu.reached import GPU_BACKENDS, Reached, reached_by


def reach_gpu(name: str) -> Reached:
    """That backend and its first GPU; skip the test, with the reason, where there is none."""
    found = reached_by(name)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(params=GPU_BACKENDS)
def reached(request: pytest.FixtureRequest) -> Reached:
    """Each backend with its first GPU."""
    return reach_gpu(request.param)


@pytest.fixture
def cupy_reached() -> Reached:
    """cupy with its first GPU."""
    return reach_gpu("cupy")
