"""Runs ``flopsbench doctor``, which says what makes this machine noisy."""

from __future__ import annotations

from flopsbench.cli.language import DEFAULT_LANGUAGE, LanguageOption
from flopsbench.cli.record import AsJsonOption, print_found


def doctor(as_json: AsJsonOption = False, lang: LanguageOption = DEFAULT_LANGUAGE) -> None:
    """Say what makes this machine noisy, and the command that would change it; changes nothing itself."""
    from flopsbench.doctor.diagnosis import diagnose
    from flopsbench.render.terminal.doctor import diagnosis

    print_found(diagnose(), as_json, lang, diagnosis)
