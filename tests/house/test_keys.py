"""Tests rule 6, keys: ids, keys, shapes and titles of cases are built and parsed in result/keys.py only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.sources import modules, place, tree
from tests.house.test_rules import bound

HOMES = {"result/keys.py", "problem.py"}  # shapes are parsed from --size, and written for it, in problem.py
CUTTERS = HOMES | {"device.py"}  # which makes a device's id, and finds its kind in it
SEPARATORS = ("/", ":")
CUTTING = {"split", "rsplit", "partition", "rpartition"}
# What is cut at the same characters and is no key and no id of a device, by the module and what is cut.
OTHERS = {
    ("backends/brought.py", "kernel"): "a module and its function, as the command line names them",
    ("backends/installed.py", "target"): "the entry point of a backend",
    ("ceiling/target.py", "line"): "a line of /proc/cpuinfo",
    ("host/cpu/cpuinfo.py", "line"): "a line of /proc/cpuinfo",
    ("host/cgroup.py", "line"): "a line of /proc/self/cgroup",
    ("registry/pull_request.py", "name"): "a repository of GitHub",
    ("result/place.py", "device.arch or ''"): "an architecture, before its settings",
    ("runs/plan.py", "name"): "what --device takes, which may be all or auto",
    ("site/build/build.py", "path"): "the path of a file",
    ("track/calls/target.py", "text"): "a module and its function, as the command line names them",
    ("site/build/folder.py", "name"): "the path of a page",
}
# What is joined at them and is no key, by the module and the text.
JOINED = {
    ("explore/suspects/pages.py", "':'.join(filter(None, (subject.environ.get(TUNABLES), HUGE)))"): "tunables of glibc",
    ("host/kernel/settings.py", "{cpus}/{pattern}"): "a path",
    ("host/parent.py", "{PROCESSES}/{name}/stat"): "a path",
    ("host/privacy.py", "':'.join(pairs)"): "an address of a network card",
    ("registry/change.py", "'/'.join(PurePosixPath(name.removesuffix(SUFFIX)).parts[-4:])"): "the path of a Result",
    ("registry/pull_request.py", "{owner}:{branch}"): "a branch of a fork, as GitHub writes it",
    ("registry/pull_request.py", "{parent['owner']['login']}/{parent['name']}"): "a repository of GitHub",
    ("registry/pull_request.py", "{revision}:{resolve())}"): "a file of a commit",
    ("render/charts/picture.py", "color, style, what = (GREY, ':', 'accepted')"): "how a line is dotted",
    ("result/place.py", "v1/{device_slug(result)}/{created[:4]}/{digits}.json"): "the path of a Result",
    ("runs/worker.py", "{seed}/{order}"): "the seed of the cases' order",
    ("site/build/folder.py", "{folder}/{name}"): "the path of a page",
    ("site/build/work.py", "{registry}/{path}"): "the path of a Result",
    ("track/ab/turns.py", "{seed}/{order}/{id}"): "the seed of the sides' order",
    ("track/calls/command.py", "{seed}/{order}"): "the seed of the sides' order",
    ("track/calls/pair.py", "{seed}/{order}"): "the seed of the sides' order",
}
JOINT = re.compile(r"\}[/:]\{")
SHAPE = re.compile(r"\{m\}[x×]\{n\}[x×]\{k\}|\}³")
KEY = re.compile(r"\{op\}/|\{dtype\}/\{|\{device\} \{case\}")


def cuts(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what a module cuts at a slash or a colon, and the line of it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTTING:
            given = [*node.args[:2], *(word.value for word in node.keywords if word.arg in ("sep", "pattern"))]
            if any(isinstance(at, ast.Constant) and at.value in SEPARATORS for at in given):
                yield ast.unparse(node.func.value), f"line {node.lineno}: {ast.unparse(node)}"


def built(module: ast.Module) -> Iterator[str]:
    """Yield each text that a module puts together as a shape, a key or an id is."""
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            form = _form(node)
            if SHAPE.search(form) or KEY.search(form):
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "'/'.join" and ".dtype" in ast.unparse(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def joined(module: ast.Module) -> Iterator[str]:
    """Yield each text that a module puts together at a slash or a colon, and each name that it gives one of those."""
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            form = _form(node)
            if JOINT.search(form):
                yield form
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            if isinstance(node.func.value, ast.Constant) and node.func.value.value in SEPARATORS:
                yield ast.unparse(node)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            if any(isinstance(side, ast.Constant) and _joins(side.value) for side in (node.left, node.right)):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".format"):
            if JOINT.search(ast.unparse(node.func)):
                yield ast.unparse(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.arguments):
            values = [value for _, value in bound(node)] if not isinstance(node, ast.NamedExpr) else [node.value]
            if any(isinstance(value, ast.Constant) and value.value in SEPARATORS for value in values):
                yield ast.unparse(node)


def _joins(value: object) -> bool:
    """Return whether a text begins or ends with a slash, is a colon, or has one of them between two placeholders."""
    return isinstance(value, str) and bool(re.search(r"\A/|/\Z|\A:\Z|%s[/:]%s", value))


def _form(node: ast.JoinedStr) -> str:
    """Return an f-string with the last name of what is filled in: "{m}x{n}"."""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else _named(part) for part in node.values)


def _named(part: ast.expr) -> str:
    """Return the last name of what is filled in: "{m}" for {case.m}."""
    return "{" + ast.unparse(part.value).rpartition(".")[2] + "}" if isinstance(part, ast.FormattedValue) else ""


def test_keys_and_ids_are_cut_in_one_module() -> None:
    found = {
        (place(path), what): line for path in modules() if place(path) not in CUTTERS for what, line in cuts(tree(path))
    }
    assert not found.keys() - OTHERS.keys(), "call kind_name of device.py, split_id or parse_case_key of result/keys.py"
    assert not OTHERS.keys() - found.keys(), "no longer cut: take it off the list"


def test_what_is_joined_elsewhere_is_no_key() -> None:
    found = {(place(path), what) for path in modules() if place(path) not in CUTTERS for what in joined(tree(path))}
    assert not found - JOINED.keys(), "call case_key, case_id or limit_id of result/keys.py, or id_of of device.py"
    assert not JOINED.keys() - found, "no longer joined: take it off the list"


def test_keys_ids_and_shapes_are_built_in_one_module() -> None:
    found = {place(path): lines for path in modules() if (lines := list(built(tree(path))))}
    assert found.keys() <= HOMES, "call case_key, case_id, problem_id or short_shape of result/keys.py, or shape_text"
    assert found.keys() == HOMES, "nothing is seen"


@pytest.mark.parametrize(
    "planted",
    [
        'case.device.partition(":")[0]',
        'key.split("/")',
        'device.id.rsplit(":", 1)',
        'id.partition("/")',
        'key.split(sep="/")',
        'key.rsplit(maxsplit=1, sep="/")',
        'str.split(key, "/")',
        're.split("/", key)',
        're.split(pattern=":", string=key)',
    ],
)
def test_a_key_that_is_cut_is_seen(planted: str) -> None:
    assert len(list(cuts(ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        'f"{case.m}x{case.n}x{case.k}"',
        'f"{m}×{n}×{k} on it"',
        'f"{case.m}³"',
        'f"{case.op}/{case.dtype}/{shape}"',
        'f"{case.dtype}/{case.layout}"',
        'f"{case.device} {case.case}"',
        '"/".join((case.op, case.dtype))',
    ],
)
def test_a_key_or_a_shape_that_is_built_is_seen(planted: str) -> None:
    assert len(list(built(ast.parse(planted)))) == 1


@pytest.mark.parametrize(
    "planted",
    [
        '"/".join(parts)',
        '":".join((kind, "0"))',
        'op + "/" + dtype',
        '"gemm/" + dtype',
        'key += kind + ":" + index',
        'f"{kind}:{index}"',
        'f"{a.op}/{a.dtype}"',
        'f"of {op}/{dtype}/{shape}"',
        '"{}/{}".format(op, dtype)',
        '"{a.op}/{a.dtype}".format(a=a)',
        '"%s/%s" % (op, dtype)',
        'SLASH = "/"\nkey.split(SLASH)',
        'SEP: Final = ":"',
        'def f(key, sep="/"): return key.split(sep)',
        'x = (slash := "/")',
        'A, B = "a", "/"',
    ],
)
def test_what_is_joined_is_seen(planted: str) -> None:
    assert list(joined(ast.parse(planted)))


@pytest.mark.parametrize(
    "allowed",
    ['", ".join(parts)', 'f"{a}: {b}"', 'f"{rate}/W"', '"sha256:" + digest', '"{}, {}".format(a, b)', "a + b"],
)
def test_what_is_joined_at_something_else_is_let_be(allowed: str) -> None:
    assert not list(joined(ast.parse(allowed)))


@pytest.mark.parametrize("allowed", ['f"{device}: {name}"', 'text.split(",")', 'f"{case.dtype} {case.backend}"'])
def test_what_is_no_key_is_let_be(allowed: str) -> None:
    assert not [*cuts(ast.parse(allowed)), *built(ast.parse(allowed))]
