import json

import pytest
import typer
from typer.testing import CliRunner

from flopsbench.cli.scale import scale
from flopsbench.errors import UsageError

MAIN = ["790 TFLOPS", "--dtype", "bf16", "--peak", "989.4 TFLOPS"]


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    app = typer.Typer()
    app.command()(scale)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_places_a_rate(run):
    done = run(*MAIN)
    assert done.exit_code == 0
    assert "1.6 million such devices" in done.stdout
    assert "2.0 million at perfect scaling" in done.stdout
    assert "assumed FP16" in done.stdout
    assert "\x1b" not in done.stdout


def test_speaks_chinese(run):
    done = run(*MAIN, "--lang", "zh")
    assert "约200万台" in done.stdout
    assert "约160万台" in done.stdout


def test_json_is_one_document(run):
    document = json.loads(run(*MAIN, "--json").stdout)
    first = document["comparisons"][0]
    assert (document["schema"], document["rung"]["unit"], document["rung"]["above"]) == (
        "flopsbench.scale", "TFLOPS", "PFLOPS",
    )  # fmt: skip
    assert (first["id"], first["verdict"]) == ("cn-miit-ai-2025", "with caveat")
    assert (first["counts"]["at_peak"], first["counts"]["achieved"]) == (1.6e6, 2.0e6)
    assert first["reasons"][0]["code"] == "assumed"
    assert document["key_presses"] == {"people": 8_000_000_000, "seconds": 98_750.0}
    assert document["comparisons"][-1]["counts"] is None


def test_the_peak_may_be_an_accelerators_id(run):
    document = json.loads(run("790 TFLOPS", "--dtype", "bf16", "--peak", "h200-sxm", "--json").stdout)
    assert document["peak_per_s"] == 989e12


def test_without_a_dtype_it_says_what_is_missing(run):
    done = run("790 TFLOPS")
    assert done.exit_code == 0
    assert "add --dtype" in done.stdout
    assert "at perfect scaling" not in done.stdout


def test_lists_everything(run):
    done = run("--list")
    assert "cn-miit-ai-2025" in done.stdout
    assert "42 ten-thousand-card" in done.stdout
    document = json.loads(run("--list", "--json").stdout)
    assert len(document["aggregates"]) == 49
    assert len(document["statements"]) == 6
    assert document["growth"][1]["per_year"] == 0.741


def test_against_one_total(run):
    done = run(*MAIN, "--against", "cn-cmcc-hohhot", "--assume-precision", "fp16")
    assert done.exit_code == 0
    assert "Hohhot" in done.stdout
    assert "as asked with --assume-precision" in " ".join(done.stdout.split())
    assert "MIIT, June" not in done.stdout


def test_against_what_cannot_be_compared_exits_5(run):
    done = run(*MAIN, "--against", "top500-202606-frontier-rmax")
    assert done.exit_code == 5
    assert "--dtype fp64" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "name a rate"),
        (["6 EF"], "ambiguous"),
        (["790 TFLOPS", "--dtype", "fp12"], "unknown dtype"),
        (["790 TFLOPS", "--dtype", "int8"], "counts OP/s"),
        (["790 TFLOPS", "--dtype", "bf16", "--peak", "989 TOPS"], "must be the same"),
        (["790 TFLOPS", "--dtype", "bf16", "--peak", "989"], "no unit"),
        (["790 TFLOPS", "--dtype", "bf16", "--peak", "h900"], "unknown accelerator"),
        (["790 TFLOPS", "--peak", "h200-sxm"], "add --dtype"),
        (["790 TFLOPS", "--against", "nowhere"], "no published total"),
        (["790 TFLOPS", "--assume-precision", "fp99"], "cannot assume"),
        (["790 TFLOPS", "--lang", "fr"], "unknown language"),
        (["790 TFLOPS", "--list"], "takes no rate"),
    ],
)
def test_refuses_with_the_reason(run, arguments, reason):
    done = run(*arguments)
    assert isinstance(done.exception, UsageError)
    assert reason in str(done.exception)
    assert not done.stdout


def test_the_help_names_every_option(run):
    done = run("--help")
    for option in ("--dtype", "--peak", "--against", "--assume-precision", "--lang", "--list", "--json"):
        assert option in done.stdout
