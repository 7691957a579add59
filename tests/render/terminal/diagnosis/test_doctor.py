"""A diagnosis as it is read: within 80 columns, with commands that can be copied."""

from __future__ import annotations

import subprocess

import pytest
from rich.cells import cell_len
from rich.console import Console

from flopsbench.doctor.diagnosis import Diagnosis
from flopsbench.doctor.symptom import Check, Remedy
from flopsbench.render.terminal.diagnosis.doctor import diagnosis, shell_lines

CHECK = Check("governor", "frequency governor", "It matters [bold]because[/bold] " + "of this " * 20)
LONG = "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor"
REMEDY = Remedy(effect="A steady clock.", command=LONG, undo="sudo cpupower frequency-set -g powersave")
FOUND = Diagnosis(
    schema="flopsbench.doctor",
    symptoms=[
        CHECK.noisy("powersave", REMEDY),
        CHECK.note("[red]odd program[/red]", Remedy(effect="Nothing helps.")),
        CHECK.unknown("nobody says"),
        CHECK.unknown("nobody says either", REMEDY),
        CHECK.fine("performance"),
    ],
    first="First, for frequency governor: this.",
    next="flopsbench noise measures the rest.",
)


@pytest.fixture
def shown() -> str:
    console = Console(width=80, no_color=True, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(diagnosis(FOUND))
    return capture.get()


def test_it_fits_and_has_no_colour_codes(shown: str) -> None:
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "\x1b" not in shown


def test_every_finding_stands_there_with_its_level(shown: str) -> None:
    for line in ("NOISY    frequency governor: powersave", "NOTE     frequency governor: [red]odd program[/red]"):
        assert line in shown
    assert "UNKNOWN  frequency governor: nobody says either" in shown
    assert "UNKNOWN\nfrequency governor  nobody says" in "\n".join(line.rstrip() for line in shown.splitlines())


def test_names_of_programs_are_no_markup(shown: str) -> None:
    assert "[bold]because[/bold]" in shown


def test_it_ends_with_what_to_do_first_and_how_to_measure_the_rest(shown: str) -> None:
    assert [line.rstrip() for line in shown.splitlines()[-2:]] == [FOUND.first, FOUND.next]


@pytest.mark.process
def test_a_long_command_can_be_copied_from_its_lines() -> None:
    lines = shell_lines(LONG)
    assert "\\\n" in lines
    assert max(map(len, lines.splitlines())) <= 70
    typed = subprocess.run(
        ["bash", "-fc", f"printf '%s ' {lines.replace('|', 'PIPE')}"], capture_output=True, text=True, check=True
    )
    assert typed.stdout.split() == LONG.replace("|", "PIPE").split()
