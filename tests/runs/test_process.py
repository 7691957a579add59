"""A worker seen from its parent: what it says, how it ends, and that it never outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flopsbench.errors import FlopsbenchError
from flopsbench.runs.messages import Request, Started
from flopsbench.runs.process import WorkerProcess
from flopsbench.runs.referee import ParentReferee
from flopsbench.runs.request import options_of
from tests.processes import workers

pytestmark = pytest.mark.process

REQUEST = Request(options_of(["cpu"], ["numpy"], ["fp64"], ["64"]), "quick", 1, only=[])


def program(folder: Path, text: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def referee() -> Iterator[ParentReferee]:
    with ParentReferee() as parent:
        yield parent


def test_a_worker_that_runs_nothing_tells_what_it_could_run(referee: ParentReferee) -> None:
    with WorkerProcess(REQUEST, referee) as worker:
        (started,) = [event for event in worker.events() if isinstance(event, Started)]
    assert [case.dtype for case in started.cases] == ["fp64"]


def test_another_version_of_flopsbench_is_one_sentence(tmp_path: Path, referee: ParentReferee) -> None:
    other = program(tmp_path, """read line; echo '{"type":"Danced"}'""")
    with WorkerProcess(REQUEST, referee, other) as worker, pytest.raises(FlopsbenchError, match="another version"):
        list(worker.events())


def test_an_error_that_this_version_does_not_know_keeps_its_sentence(tmp_path: Path, referee: ParentReferee) -> None:
    other = program(tmp_path, """read line; echo '{"type":"Refused","error":"Strange","message":"no music"}'""")
    with WorkerProcess(REQUEST, referee, other) as worker, pytest.raises(FlopsbenchError, match=r"^no music$"):
        list(worker.events())


def test_a_line_without_an_end_ends_its_worker(tmp_path: Path, referee: ParentReferee) -> None:
    endless = program(tmp_path, "exec tr '\\0' x < /dev/zero")
    with WorkerProcess(REQUEST, referee, endless) as worker:
        assert list(worker.events()) == []
    assert "a line of more than 16 MiB" in worker.last_words()


def test_its_last_words_are_kept(tmp_path: Path, referee: ParentReferee) -> None:
    with WorkerProcess(REQUEST, referee, program(tmp_path, "echo dancing >&2; echo falling >&2; exit 5")) as worker:
        assert list(worker.events()) == []
    assert worker.last_words() == "exit code 5: falling"


def test_a_suspended_worker_is_ended_at_once_and_leaves_nothing(tmp_path: Path, referee: ParentReferee) -> None:
    (judge,) = workers()
    with WorkerProcess(REQUEST, referee, program(tmp_path, """echo '{"type":"Waiting"}'; exec sleep 600""")) as worker:
        assert len(list(worker.events())) == 1
        worker.suspend()
        (child,) = set(workers()) - {judge}
    assert not child.is_running()
    assert workers() == [judge]
    assert worker.last_words().startswith("killed by signal 9")
