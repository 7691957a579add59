"""Serves a site to this machine alone, with the security headers that any server should send for it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from flopsbench.errors import UsageError
from flopsbench.render.html.security import POLICY
from flopsbench.words.reason import Reason

HOST = "127.0.0.1"
NOT_FOUND = "404.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
}


def server(site: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the site, to be run with ``serve_forever``; port 0 takes a free one.

    Raises UsageError where there is no site, or where the port is taken.
    """
    if not (site / "index.html").is_file():
        raise UsageError(Reason("no_site_here", path=site))
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(site.resolve())))
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "ports end at 65535"
        raise UsageError(Reason("port_not_served", port=port, error=reason)) from None


class _Handler(SimpleHTTPRequestHandler):
    """A _Handler serves files of the site: no listing, no hidden file, nothing outside that a link leads to."""

    extensions_map = TYPES | {"": "application/octet-stream"}
    server_version = "flopsbench"

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Send the headers of the file that was asked for, or of the "not found" page; return its content."""
        if self._asked_for():
            return super().send_head()
        return self._not_found(Path(self.directory) / NOT_FOUND)

    def _asked_for(self) -> bool:
        """Return whether the address leads to a file of the site, once all links are followed."""
        site = Path(self.directory)
        try:
            path = Path(self.translate_path(self.path)).resolve()
            path = path / "index.html" if path.is_dir() else path
            inside = path.relative_to(site).parts
            return path.is_file() and not any(part.startswith(".") for part in inside)
        except (OSError, ValueError):  # the name is too long or impossible, or the place is outside
            return False

    def _not_found(self, page: Path) -> BytesIO | None:
        """Send the headers of the page that says there is no such file, and return its content."""
        if not page.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        content = page.read_bytes()
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", TYPES[".html"])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)

    def end_headers(self) -> None:
        """Add the headers by which a browser refuses what no page of the site does."""
        self.send_header("Content-Security-Policy", f"{POLICY}; frame-ancestors 'none'")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing, so that requests do not fill the user's terminal."""
