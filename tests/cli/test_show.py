"""What ``show`` prints of a file and of a folder, in either language."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flopsbench.cli import app

RESULTS = Path(__file__).parents[2] / "results/v1/amd-epyc-zen-4/2026"
FILE = RESULTS / "e7e922f41e679f0d.json"


@pytest.mark.parametrize(("lang", "told"), [("en", "82 % of ceiling [C]"), ("zh", "（实测上限的82 %）[C]")])
def test_a_folder_is_a_line_for_each_result(lang: str, told: str) -> None:
    done = CliRunner().invoke(app, ["show", str(RESULTS), "--lang", lang])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == 2
    assert told in done.output


@pytest.mark.parametrize(("lang", "told"), [("en", "fp64 numpy, burst, grade C"), ("zh", "fp64 numpy，短时，等级C")])
def test_a_file_is_shown_whole(lang: str, told: str) -> None:
    done = CliRunner().invoke(app, ["show", str(FILE), "--lang", lang])
    assert done.exit_code == 0
    assert told in done.output
    assert "ZFLOPS" in done.output


def test_markdown_alone_on_standard_output_or_beside_the_screen_in_a_file(tmp_path: Path) -> None:
    alone = CliRunner().invoke(app, ["show", str(FILE), "--markdown=-"])
    assert alone.exit_code == 0
    assert alone.output.startswith("### ")
    assert "| case | rate |" in alone.output
    file = tmp_path / "it.md"
    beside = CliRunner().invoke(app, ["show", str(RESULTS), f"--markdown={file}"])
    assert len(beside.output.splitlines()) == 2
    assert file.read_text().count("| case | rate |") == 2
    assert alone.output in file.read_text()
