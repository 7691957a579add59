"""The real nvidia-ml-py on a stand-in for the library below it: what it raises is what users' bindings raise.

The stand-in lacks most functions, as an older driver does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

COMPILER = shutil.which("cc")
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(COMPILER is None, reason="no C compiler"),
    pytest.mark.skipif(find_spec("pynvml") is None, reason="nvidia-ml-py is not installed"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the loader of other systems asks elsewhere"),
]

LOOK = """
import json, sys
from flopsbench.device import Device
from flopsbench.telemetry.nvml import GpuSensors
from flopsbench.telemetry.no_gpu import why_no_gpu
from flopsbench.telemetry.situation import situation

sensors = GpuSensors(Device("cuda", 0, "a GPU", vendor="NVIDIA", uuid=sys.argv[1]))
reading, facts = sensors.read(), sensors.static()
print(json.dumps({
    **reading._asdict(), **facts._asdict(), "reason": sensors.reason, "absent": sensors.absent,
    "lost": [gpu.silence is not None for gpu in situation().gpus],
    "causes": [reason.code for reason in why_no_gpu(situation())],
}))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled stand-in."""
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).with_name("libnvidia_ml.c")
    command = [str(COMPILER), "-shared", "-fPIC", "-o", str(folder / "libnvidia-ml.so.1"), str(source)]
    subprocess.run(command, check=True)
    return folder


def look(library: Path, uuid: str = "0000aaaa", **environ: str) -> dict[str, Any]:
    """What is known of a GPU in a process that loads the stand-in."""
    known = {name: value for name, value in os.environ.items() if not name.endswith("VISIBLE_DEVICES")}
    command = [sys.executable, "-c", LOOK, uuid]
    env = {**known, "LD_LIBRARY_PATH": str(library), **environ}
    seen: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    )
    return seen


def test_what_the_library_has_is_read_and_what_it_lacks_is_absent(library: Path) -> None:
    seen = look(library)
    assert (seen["reason"], seen["name"], seen["driver"]) == (None, "NVIDIA Stub", "575.57.08")
    assert (seen["power_limit_w"], seen["power_w"], seen["temperature_c"]) == (700.0, 300.0, 61.0)
    assert seen["sm_clock_hz"] is None
    assert seen["absent"]["sm_clock_hz"] == "Function Not Found"


def test_bytes_that_are_no_text_cost_the_texts_alone(library: Path) -> None:
    seen = look(library, STUB_BYTES="1")
    assert (seen["name"], seen["driver"], seen["power_w"]) == (None, None, 300.0)
    assert seen["absent"]["driver"].startswith("UnicodeDecodeError: ")


def test_what_no_gpu_can_say_is_absent(library: Path) -> None:
    seen = look(library, STUB_LIMIT="0", STUB_POWER="-1", STUB_HEAT="255")
    assert (seen["power_limit_w"], seen["power_w"], seen["temperature_c"]) == (None, None, None)
    assert seen["absent"]["power_w"] == "NVML says 4294967295, which is no figure"


def test_one_lost_gpu_of_four_leaves_the_others(library: Path) -> None:
    seen = look(library, "3000aaaa", STUB_LOST="1")
    assert (seen["reason"], seen["power_w"], seen["lost"]) == (None, 300.0, [False, True, False, False])
    lost = look(library, "1000aaaa", STUB_LOST="1")
    assert lost["reason"] == "NVML knows 0 GPUs of that UUID; GPU 1 does not answer: GPU is lost"


@pytest.mark.parametrize(
    ("environ", "cause"),
    [
        ({"STUB_INIT": "18"}, "driver_was_updated"),
        ({"STUB_INIT": "4"}, "driver_forbids"),
        ({"STUB_MIG": "1"}, "mig_without_slice"),
        ({"CUDA_VISIBLE_DEVICES": "4"}, "cuda_sees_no_such"),
        ({"CUDA_VISIBLE_DEVICES": ""}, "cuda_sees_none"),
    ],
)
def test_causes_are_told_by_what_the_real_binding_raises(library: Path, environ: dict[str, str], cause: str) -> None:
    assert look(library, **environ)["causes"][0] == cause


def test_the_doctor_lists_gpus_behind_a_lost_one(library: Path) -> None:
    env = {**os.environ, "LD_LIBRARY_PATH": str(library), "STUB_LOST": "1"}
    command = [sys.executable, "-m", "flopsbench", "doctor", "--json=-"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout)
    checks = {finding["check"]: finding for finding in told["findings"]}
    assert checks["gpu1"]["saw"] == "it does not answer: GPU is lost"
    assert {"gpu0_power_cap", "gpu2_power_cap", "gpu3_power_cap"} <= checks.keys()
