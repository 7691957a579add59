"""Tests what the page of one Result says about how it was measured."""

from __future__ import annotations

from msgspec.structs import replace

from flopsbench.render.html.result import ResultPage
from flopsbench.result.types import CasePolicy, Result
from flopsbench.site.model.read import read_entry
from tests.documents import case, device, result


def environment(document: Result) -> str:
    return str(ResultPage(document, read_entry(document, "v1/a/2026/0.json"), []).environment)


def test_one_policy_for_all_devices_is_told_once() -> None:
    document = result(case(policy=CasePolicy(0.1, 0.5)))
    document = replace(document, policy=replace(document.policy, block_s=0.1, warmup_s=0.5))
    assert environment(document) == environment(replace(document, cases=[replace(document.cases[0], policy=None)]))
    assert "100 ms" in environment(document)


def test_each_device_has_its_own_policy_where_they_differ() -> None:
    cases = [case(policy=CasePolicy(0.1, 0.5)), case(device="cuda:0", policy=CasePolicy(0.025, 1.0))]
    document = result(*cases, devices=[device(), device(id="cuda:0", kind="cuda", name="NVIDIA H200")])
    told = environment(document)
    assert "cpu: 100 ms, cuda:0: 25.0 ms" in told
    assert "cpu: 500 ms, cuda:0: 1.00 s" in told


def test_a_policy_that_all_devices_share_is_told_without_their_names() -> None:
    cases = [case(policy=CasePolicy(0.05, 0.5)), case(device="cuda:0", policy=CasePolicy(0.05, 0.5))]
    document = result(*cases, devices=[device(), device(id="cuda:0", kind="cuda", name="NVIDIA H200")])
    told = environment(replace(document, policy=replace(document.policy, block_s=0.1, warmup_s=1.0)))
    assert "<dd>50.0 ms</dd>" in told
    assert "<dd>500 ms</dd>" in told
    assert "100 ms" not in told
