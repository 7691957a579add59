"""Tests the picture of a history: what it shows, that it is the same every time, and the error without matplotlib."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import date
from xml.etree import ElementTree

import matplotlib.figure  # noqa: F401  # what is loaded is not tried in a copy of this process first
import pytest

from flopsbench.errors import UsageError
from flopsbench.render.charts.picture import picture
from flopsbench.track.history.acks import Ack
from flopsbench.track.history.judge import judge_series
from flopsbench.track.history.series import all_series
from tests.track.history.histories import RATE, daily, measured, noisy, results


def judged(steps=None, accept=False, count=40):
    rates = noisy(count, steps=steps)
    rates[count // 4] *= 0.7
    (series,) = all_series(results(rates))
    found = judge_series(series, {})
    return judge_series(series, {found.id_of(found.last): Ack("case", date(2024, 8, 1), "why")}) if accept else found


def said(svg: bytes) -> str:
    """Return the texts of a picture: matplotlib writes each as a comment beside its glyphs."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    root = ElementTree.fromstring(svg, parser)
    return "\n".join((part.text or "").strip() for part in root.iter() if part.tag is ElementTree.Comment)


# The first picture that matplotlib draws on a machine asks fc-list for its fonts.


@pytest.mark.slow
def test_an_open_fall_an_accepted_one_and_a_rise_are_told_apart():
    assert "% slower" in said(picture(judged({20: 0.95}), "svg"))
    assert "% accepted" in said(picture(judged({20: 0.95}, accept=True), "svg"))
    assert "% faster" in said(picture(judged({20: 1.05}), "svg"))
    assert "came back or within the margin" in said(picture(judged({20: 0.95, 40: 1.0}, count=60), "svg"))


@pytest.mark.process
def test_the_axis_is_in_the_unit_of_the_rates_and_the_case_is_named():
    text = said(picture(judged(), "svg"))
    assert "TFLOPS" in text
    assert "gemm/fp32/1024x1024x1024/nn/numpy/blas/cpu/burst" in text
    assert "2024-01-01" in text


@pytest.mark.process
def test_no_day_stands_twice_below_the_picture():
    """Three days, of which one has most of the Results."""
    dates = [0] * 14 + [1, 2]
    (series,) = all_series([daily(date, measured(RATE * (1 + n / 1000))) for n, date in enumerate(dates)])
    text = said(picture(judge_series(series, {}), "svg")).splitlines()
    assert [line for line in text if line.startswith("2024-")] == ["2024-01-01", "2024-01-03"]


@pytest.mark.slow
@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_same_history_gives_the_same_bytes(form):
    assert picture(judged({20: 0.95}), form) == picture(judged({20: 0.95}), form)


@pytest.mark.process
def test_the_same_bytes_in_another_process():
    program = (
        "import hashlib, sys\nfrom tests.render.charts.test_picture import judged, picture\n"
        "sys.stdout.write(hashlib.sha256(picture(judged({20: 0.95}), 'svg')).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == hashlib.sha256(picture(judged({20: 0.95}), "svg")).hexdigest()


@pytest.mark.process
def test_no_picture_tells_when_it_was_drawn():
    assert b"<dc:date>" not in picture(judged(), "svg")
    assert b"Software" not in picture(judged(), "png")


@pytest.mark.process
@pytest.mark.parametrize("count", [1, 2, 300])
def test_any_length_can_be_drawn(count):
    assert picture(judged(count=count), "png").startswith(b"\x89PNG")


@pytest.mark.process
def test_drawing_leaves_the_settings_of_the_caller_alone():
    import matplotlib

    before = dict(matplotlib.rcParams)
    picture(judged(), "svg")
    assert dict(matplotlib.rcParams) == before


def test_a_matplotlib_that_cannot_be_used_is_a_sentence(monkeypatch):
    def fail(name):
        raise ImportError("died by signal 4")

    monkeypatch.setattr("flopsbench.render.charts.picture.import_safely", fail)
    with pytest.raises(UsageError, match=r"^matplotlib cannot be imported: ImportError: died by signal 4$"):
        picture(judged(), "svg")


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'flopsbench\[plot\]'"):
        picture(judged(), "svg")
