"""Runs ``flopsbench doctor``, which says what makes this machine noisy."""

from __future__ import annotations

from flopsbench.cli.files import check_target
from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.options import JsonOption
from flopsbench.cli.record import hand_over_found


def doctor(json: JsonOption = None, lang: LanguageOption = DEFAULT_LANGUAGE) -> None:
    """Say what makes this machine noisy, and the command that would change it; changes nothing itself."""
    from flopsbench.doctor.diagnosis import diagnose
    from flopsbench.render.terminal.diagnosis.doctor import diagnosis

    json = check_target("--json", json)
    hand_over_found(diagnose(), json, lang, diagnosis)
