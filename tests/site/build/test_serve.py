"""The local server: the site's files with their headers, and nothing else of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from flopsbench.errors import UsageError
from flopsbench.render.html.security import POLICY
from flopsbench.site.build.serve import HOST, server

HEADER = f"{POLICY}; frame-ancestors 'none'"
FILES = {
    "index.html": "<h1>first</h1>",
    "404.html": "<h1>nothing here</h1>",
    "results/0123.html": "<h1>one</h1>",
    "results/0123.json": "{}",
    "data/results.csv": "id\n",
    "assets/site.css": "",
    "assets/site.js": "",
    "assets/favicon.svg": "<svg/>",
    ".flopsbench-site/results": "cache",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def port(site: Path) -> Iterator[int]:
    with server(site, 0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()


def get(port: int, path: str, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(HOST, port)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/results/0123.html", "text/html; charset=utf-8"),
        ("/results/0123.json", "application/json"),
        ("/data/results.csv", "text/csv; charset=utf-8"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/assets/site.js", "text/javascript; charset=utf-8"),
        ("/assets/favicon.svg", "image/svg+xml"),
        ("/index.html?lang=zh", "text/html; charset=utf-8"),
    ],
)
def test_every_file_has_its_type_and_the_strict_headers(port: int, path: str, kind: str) -> None:
    answer, _ = get(port, path)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Security-Policy"] == HEADER
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert POLICY.startswith("default-src 'none';")
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.html",
        "/results/",  # no listing
        "/results",
        "/../secret.txt",
        "/results/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//secret.txt",
        "/out.txt",  # a link out of the site
        "/.flopsbench-site/results",
        "/.flopsbench-site/",
        "/%00",
        "/" + "x" * 5000,
        "/%ff",
    ],
)
def test_nothing_else_is_served(port: int, path: str) -> None:
    answer, body = get(port, path)
    assert answer.status == 404
    assert body == b"<h1>nothing here</h1>"
    assert answer.headers["Content-Security-Policy"] == HEADER


def test_a_head_has_no_body(port: int) -> None:
    answer, body = get(port, "/", "HEAD")
    assert (answer.status, body) == (200, b"")
    answer, body = get(port, "/nothing.html", "HEAD")
    assert (answer.status, body) == (404, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(port: int, method: str) -> None:
    answer, _ = get(port, "/", method)
    assert answer.status == 501
    assert answer.headers["Content-Security-Policy"] == HEADER


def test_a_site_without_its_own_page_still_says_not_found(site: Path, port: int) -> None:
    (site / "404.html").unlink()
    assert get(port, "/nothing.html")[0].status == 404


def test_only_this_machine_is_served(site: Path) -> None:
    with server(site, 0) as running:
        assert running.server_address[0] == "127.0.0.1"


def test_a_folder_without_a_site_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no site"):
        server(tmp_path, 0)


def test_a_port_that_is_taken_is_named(site: Path, port: int) -> None:
    with pytest.raises(UsageError, match=f"--port {port}"):
        server(site, port)
