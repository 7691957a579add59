import pytest

from flopsbench.dtype import DTYPES
from flopsbench.errors import UsageError
from flopsbench.peaks.datasheet import Accelerator, datasheet_peak, find_accelerator, load_accelerators, nameplate


@pytest.mark.parametrize(
    ("device_name", "accelerator_id"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA H100 NVL", "h100-nvl"),
        ("NVIDIA H200", "h200-sxm"),
        ("NVIDIA GH200 480GB", "gh200"),
        ("NVIDIA A100-SXM4-80GB", "a100-sxm"),
        ("A100-SXM4-40GB", "a100-sxm"),
        ("NVIDIA A100 80GB PCIe", "a100-pcie"),
        ("NVIDIA B300 SXM6 AC", "b300-sxm"),
        ("NVIDIA L40S", "l40s"),
        ("Tesla T4", "t4"),
        ("Tesla V100-SXM2-32GB", "v100-sxm2"),
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("AMD Instinct MI250X", "mi250x"),
        ("AMD Instinct MI300X", "mi300x"),
    ],
)
def test_finds_by_the_name_the_software_shows(device_name, accelerator_id):
    found = find_accelerator(device_name)
    assert found is not None
    assert found.id == accelerator_id


@pytest.mark.parametrize(
    "device_name",
    ["NVIDIA H200 NVL", "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "NVIDIA A100-SXM-64GB", "NVIDIA L40", "NVIDIA", "",
     "NVIDIA GeForce RTX 4090 D", "NVIDIA GeForce RTX 4090 Laptop GPU", "AMD EPYC 9B14"],
)  # fmt: skip
def test_a_part_of_a_name_is_no_match(device_name):
    assert find_accelerator(device_name) is None
    assert datasheet_peak(device_name, "bf16") is None


def test_peak_carries_unit_source_and_note():
    peak = datasheet_peak("NVIDIA H100 80GB HBM3", "bf16")
    assert peak is not None
    assert (peak.rate_per_s, peak.unit) == (989e12, "FLOP/s")
    assert "ml-engineering" in peak.source
    assert "989.4" in peak.note


@pytest.mark.parametrize("dtype_name", ["fp8_e4m3", "fp8_e5m2", "fp8"])
def test_fp8_formats_share_one_peak(dtype_name):
    assert nameplate("h200-sxm", dtype_name).rate_per_s == 1979e12


def test_integers_count_operations_not_flop():
    assert nameplate("h200-sxm", "int8")[:2] == (1979e12, "OP/s")


def test_two_dies_are_two_devices():
    peak = datasheet_peak("AMD Instinct MI250X", "fp64")
    assert peak is not None
    assert peak.rate_per_s == 47.85e12


def test_silent_datasheets_give_no_peak():
    assert datasheet_peak("Tesla T4", "bf16") is None
    with pytest.raises(UsageError, match="no fp16 peak is known for gaudi3: known are bf16, fp8"):
        nameplate("gaudi3", "fp16")


def test_unknown_id_names_the_near_ones():
    with pytest.raises(UsageError, match="h200-sxm"):
        nameplate("h200", "bf16")


@pytest.mark.parametrize("accelerator", load_accelerators().values(), ids=lambda row: row.id)
def test_table_is_plausible(accelerator):
    peaks = accelerator.dense_peak_tera_per_s
    assert accelerator.source
    assert accelerator.board_power_w <= 1400
    assert set(DTYPES) & {"fp8_e4m3" if name == "fp8" else name for name in peaks}
    for narrow, wide in [("fp16", "fp32"), ("fp8", "bf16"), ("tf32", "fp32"), ("fp64", "fp64_vector"), ("fp4", "fp8")]:
        if narrow in peaks and wide in peaks:
            assert peaks[narrow] >= peaks[wide]
    if "fp16" in peaks and "bf16" in peaks:
        assert peaks["fp16"] == peaks["bf16"]


def test_rows_without_peak_or_name_are_refused():
    row = {"id": "x", "name": "X", "vendor": "X", "board_power_w": 1, "last_level_cache_mib": 1, "source": "x"}
    with pytest.raises(ValueError, match="no name or no peak"):
        Accelerator(names_seen=("X",), dense_peak_tera_per_s={}, **row)
    with pytest.raises(ValueError, match="must be positive"):
        Accelerator(names_seen=("X",), dense_peak_tera_per_s={"bf16": 0.0}, **row)
