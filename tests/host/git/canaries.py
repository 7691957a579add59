"""Every way by which a checkout can name a program that git runs, each with plain commands of git that run it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

HOOKS = (
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-index-change",
    "reference-transaction",
    "pre-push",
)
USUAL = "echo changed >>file; git status; git add --all; git commit --message=x"
MERGE = """git checkout -qb other; echo one >file; git commit -qam one
git checkout -q main; echo two >file; git commit -qam two; git merge other"""
SUBMODULE = """git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),part
git -c protocol.file.allow=always submodule update --init"""


class Canary(NamedTuple):
    """What is planted in a checkout, {program} for the program that must not run, and what runs it.

    Hooks and attributes are those of the checkout, ``files`` others, by their paths in it.
    """

    settings: Mapping[str, str] = {}
    commands: str = USUAL
    attributes: str = ""
    hooks: tuple[str, ...] = ()
    files: Mapping[str, str] = {}


CANARIES = {
    "filter.clean": Canary({"filter.x.clean": "{program}"}, attributes="* filter=x"),
    "filter.smudge": Canary({"filter.x.smudge": "{program}"}, "rm file; git checkout file", "* filter=x"),
    "filter.process": Canary({"filter.x.process": "{program}"}, attributes="* filter=x"),
    "core.fsmonitor": Canary({"core.fsmonitor": "{program}"}),
    "core.editor": Canary({"core.editor": "{program}"}, "git commit --allow-empty"),
    "sequence.editor": Canary({"sequence.editor": "{program}"}, "git rebase --interactive --root"),
    "diff.external": Canary({"diff.external": "{program}"}, "echo x >>file; git diff"),
    "diff.command": Canary({"diff.x.command": "{program}"}, "echo x >>file; git diff", "* diff=x"),
    "diff.textconv": Canary({"diff.x.textconv": "{program}"}, "echo x >>file; git diff", "* diff=x"),
    "merge.driver": Canary({"merge.x.driver": "{program}"}, MERGE, "* merge=x"),
    "alias": Canary({"alias.st": "!{program}"}, "git st"),
    "gpg": Canary({"gpg.program": "{program}", "commit.gpgSign": "true"}),
    "trailer": Canary({"trailer.x.command": "{program}"}, "echo | git interpret-trailers --trailer x=1"),
    "credential.helper": Canary(
        {"credential.helper": "!{program}"}, r"printf 'protocol=https\nhost=h\n' | git credential fill"
    ),
    "core.askPass": Canary({"core.askPass": "{program}"}, r"printf 'protocol=https\nhost=h\n' | git credential fill"),
    "core.sshCommand": Canary({"core.sshCommand": "{program}"}, "git fetch ssh://h/x"),
    "core.gitProxy": Canary({"core.gitProxy": "{program}"}, "git fetch git://h/x"),
    "uploadpack": Canary({"remote.origin.uploadpack": "{program}"}, "git fetch origin"),
    "receivepack": Canary({"remote.origin.receivepack": "{program}"}, "git push origin HEAD:x"),
    "promisor": Canary(
        {
            "remote.p.url": "ext::{program}",
            "remote.p.promisor": "true",
            "protocol.ext.allow": "always",
            "extensions.partialClone": "p",
            "core.repositoryFormatVersion": "1",
        },
        "git cat-file -p 0123456789012345678901234567890123456789",
    ),
    "include": Canary({"include.path": "more"}, files={".git/more": "[core]\n\tfsmonitor = {program}\n"}),
    "hooks": Canary(hooks=HOOKS),
    "post-index-change": Canary(hooks=("post-index-change",)),
    "reference-transaction": Canary(hooks=("reference-transaction",)),
    "core.hooksPath": Canary({"core.hooksPath": "hooks"}, files={"hooks/pre-commit": "#!/bin/sh\n{program}\n"}),
    "submodule.update": Canary(
        {
            "submodule.part.url": "{origin}",
            "submodule.part.update": "!{program}",
        },
        SUBMODULE,
        files={".gitmodules": '[submodule "part"]\n\tpath = part\n\turl = ./part\n'},
    ),
}
# Those that make the remote another one, so that nothing can be pushed to it.
ADDRESSES = {
    "ext": Canary({"remote.origin.url": "ext::{program}", "protocol.ext.allow": "always"}, "git push origin HEAD:x"),
    "insteadOf": Canary(
        {"url.ext::{program} .insteadOf": "short:", "remote.origin.url": "short:x", "protocol.ext.allow": "always"},
        "git push origin HEAD:x",
    ),
    "vcs": Canary(
        {"remote.origin.vcs": "ext", "remote.origin.url": "{program}", "protocol.ext.allow": "always"},
        "git push origin HEAD:x",
    ),
    "own": Canary({"remote.origin.url": "./own.git"}, "git push origin HEAD:x"),
    "own by a whole path": Canary({"remote.origin.url": "{top}/own.git"}, "git push origin HEAD:x"),
    "own as a file": Canary({"remote.origin.url": "file://{top}/own.git"}, "git push origin HEAD:x"),
}


def plain(top: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(top), *arguments], check=True, capture_output=True)


def plant(top: Path, name: str, canary: Canary, ran: Path) -> None:
    """Plant one of them in a checkout; its program leaves a file ``name`` in the folder ``ran``."""
    program = ran.parent / f"canary-{name.replace(' ', '-')}"
    program.write_text(f"#!/bin/sh\ntouch '{ran / name}'\n")
    program.chmod(0o755)
    origin = subprocess.run(["git", "-C", str(top), "remote", "get-url", "origin"], capture_output=True, text=True)
    words = {"{program}": str(program), "{origin}": origin.stdout.strip(), "{top}": str(top)}

    def spelled(text: str) -> str:
        for word, stands_for in words.items():
            text = text.replace(word, stands_for)
        return text

    if "own.git" in canary.settings.get("remote.origin.url", ""):
        plain(top, "init", "--quiet", "--bare", "own.git")
        executable(top / "own.git/hooks/pre-receive", f"#!/bin/sh\n{program}\n")
    for path, text in canary.files.items():
        executable(top / path, spelled(text))
    for hook in canary.hooks:
        executable(top / ".git/hooks" / hook, f"#!/bin/sh\n{program}\n")
    if canary.attributes:
        with (top / ".gitattributes").open("a") as file:
            file.write(f"{canary.attributes}\n")
    for key, value in canary.settings.items():
        plain(top, "config", spelled(key), spelled(value))


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def use_plainly(top: Path, canary: Canary) -> None:
    """Do with plain git what runs the planted program."""
    who = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_TERMINAL_PROMPT": "0", "TERM": "xterm"}
    environment.pop("EDITOR", None), environment.pop("GIT_EDITOR", None)
    subprocess.run(
        ["/bin/sh", "-c", canary.commands], cwd=top, env=environment, stdin=subprocess.DEVNULL, capture_output=True
    )
