import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from flopsbench.cli.registered import registered_rates
from flopsbench.cli.scale import scale
from flopsbench.errors import UsageError
from tests.house.sources import ROOT

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
    assert "约需200万台" in done.stdout
    assert "约需160万台" in done.stdout


def test_json_is_one_document(run):
    document = json.loads(run(*MAIN, "--json=-").stdout)
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
    document = json.loads(run("790 TFLOPS", "--dtype", "bf16", "--peak", "h200-sxm", "--json=-").stdout)
    assert document["peak_per_s"] == 989e12


def test_a_rate_alone_is_said_in_people_and_hardware(run):
    done = run("790 TFLOPS")
    assert done.exit_code == 0
    assert "With --dtype" in done.stdout
    assert "at perfect scaling" not in done.stdout
    assert "1.61 million" in run("1590百亿亿次/秒").stdout
    assert "161万" in run("每秒1590百亿亿次", "--lang", "zh").stdout


def test_what_a_rate_means_is_one_document(run):
    document = json.loads(run("1590 EFLOPS", "--json=-").stdout)
    assert (document["schema"], document["total"], document["counted_in"]) == (
        "flopsbench.scale", "cn-miit-ai-2025", "fp16",
    )  # fmt: skip
    first = document["devices"][0]
    assert (first["name"], round(first["needed"]), round(first["clusters"])) == ("NVIDIA H200 SXM", 1_607_685, 161)
    assert document["clusters"]["reported"] == 42
    assert document["comparisons"] == []


def test_machines_of_the_registry_stand_beside_a_rate(run, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    here = json.loads(run("1590 EFLOPS", "--json=-").stdout)["machines"]
    assert [(one["name"], one["precision"], one["basis"]) for one in here] == [
        ("2 cores of AMD EPYC Zen 4 (virtual machine)", "bf16", "measured"),
    ]  # fmt: skip
    assert here[0]["source"].startswith("sha256:")
    assert "AMD EPYC Zen 4的2个核（虚拟机）" in run("1590 EFLOPS", "--lang", "zh").stdout
    monkeypatch.chdir(tmp_path)
    assert json.loads(run("1590 EFLOPS", "--json=-").stdout)["machines"] == []
    assert "No registry of measured Results was found here" in run("1590 EFLOPS").stdout


def test_what_moderation_hides_is_beside_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "results", "results")
    assert registered_rates("en")
    hidden = [json.loads(path.read_text())["id"] for path in Path("results").rglob("*.json")]
    entries = (f'[[hide]]\nid = "{one}"\nreason = "a test hides it"\n' for one in hidden)
    Path("results/moderation.toml").write_text("\n".join(entries))
    assert registered_rates("en") == []
    Path("results/moderation.toml").write_text("hide = 1")
    assert registered_rates("en") == []


def test_the_scaling_measured_is_extrapolated(run):
    said = " ".join(run(*MAIN, "--eta", "0.90@8").stdout.split())
    assert "2.2 million such devices at 0.90 of perfect, measured on 8: EXTRAPOLATED 280,000-fold" in said


def test_all_of_one_figure(run):
    done = run("--about", "cn-miit-ai-2025", "--lang", "zh")
    assert done.exit_code == 0
    assert "【目标】9800 EFLOPS" in done.stdout
    document = json.loads(run("--about", "cn-miit-ai-2025", "--json=-").stdout)
    assert (document["schema"], document["figure"]["value"]) == ("flopsbench.scale-about", "1590")
    assert [step["per_year"] for step in document["growth"]] == [0.232, 3.071, 0.888]
    assert document["may_not"][0]["code"] == "not_other_precision"


def test_lists_everything(run):
    done = run("--list")
    assert "cn-miit-ai-2025" in done.stdout
    assert "China has 42 AI clusters" in done.stdout
    document = json.loads(run("--list", "--json=-").stdout)
    assert len(document["aggregates"]) == 66
    assert len(document["statements"]) == 14
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
        (["790 TFLOPS", "--about", "cn-miit-ai-2025"], "takes no rate"),
        (["--list", "--about", "cn-miit-ai-2025"], "takes no rate"),
        (["--about", "cn-mit-ai-2025"], "did you mean cn-miit-ai-2025"),
        (["1590EF"], "did you mean 1590 EFLOPS"),
        (["1590 EFLOPS/s"], "write 1590 EFLOPS"),
        (["790 TFLOPS", "--dtype", "bf16", "--eta", "0.9"], "for example --eta 0.90@8"),
    ],
)
def test_refuses_with_the_reason(run, arguments, reason):
    done = run(*arguments)
    assert isinstance(done.exception, UsageError)
    assert reason in str(done.exception)
    assert not done.stdout


def test_the_help_names_every_option(run):
    done = run("--help")
    for option in (
        "--dtype",
        "--peak",
        "--eta",
        "--about",
        "--against",
        "--assume-precision",
        "--lang",
        "--list",
        "--json",
    ):
        assert option in done.stdout


def test_the_words_of_a_rate_are_joined(run):
    assert run("1590", "EFLOPS").stdout == run("1590 EFLOPS").stdout


def test_the_unit_that_was_quoted_is_kept_beside_the_one_that_fits(run):
    assert run("1590", "EFLOPS", "--dtype", "bf16").stdout.startswith("1590 EFLOPS (1.59 ZFLOPS, BF16): ")
    assert run("1590 EFLOPS", "--dtype", "bf16", "--lang", "zh").stdout.startswith("1590 EFLOPS（1.59 ZFLOPS，BF16）：")
    assert run(*MAIN).stdout.startswith("790 TFLOPS (BF16): ")


def test_a_rate_far_beyond_its_peak_is_refused(run):
    refused = run("1 TFLOPS", "--dtype", "bf16", "--peak", "1GFLOPS").exception
    assert isinstance(refused, UsageError)
    assert "1,000 times the peak, 1.00 GFLOPS" in str(refused)


def test_a_rate_above_its_peak_is_told_of(run):
    above = run("1 TFLOPS", "--dtype", "bf16", "--peak", "900 GFLOPS")
    assert above.exit_code == 0
    assert "1.00 TFLOPS, is above the peak, 900 GFLOPS" in above.stderr
    assert run(*MAIN).stderr == ""
