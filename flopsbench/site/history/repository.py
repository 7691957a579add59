"""Makes links from commits to their pages in a project's repository on the web."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup

from flopsbench.errors import UsageError
from flopsbench.result.facts import short_commit
from flopsbench.words.reason import Reason

ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~+-]+)+")
COMMIT = re.compile(r"[0-9a-f]{7,64}")


def parse_repository(text: str) -> str:
    """Return the address below which a repository's commits have their pages; raise UsageError for what is none.

    It is one of http or https, without a name, a password or a query.
    """
    address = text.strip().rstrip("/").removesuffix(".git")
    if not ADDRESS.fullmatch(address) or ".." in urlsplit(address).path:
        raise UsageError(Reason("repository_form", text=repr(text)))
    return address


def linked_commit(commit: str, repository: str | None) -> Markup:
    """Return a commit in short, as a link to its page where the repository's address is known."""
    shown = Markup("<code>{}</code>").format(short_commit(commit))
    if repository is None or not COMMIT.fullmatch(commit):
        return shown
    return Markup('<a href="{}/commit/{}" rel="noreferrer">{}</a>').format(repository, commit, shown)
