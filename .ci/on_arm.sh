# What .ci/arm runs on the emulated machine, whose /mnt holds the wheels and a clone.
cd "$(mktemp -d)"
pip="venv/bin/pip --quiet --disable-pip-version-check install --no-index --find-links /mnt/wheels --no-compile"
flopsbench=venv/bin/flopsbench

echo "== on $(uname -m): install"
python3 -m venv venv
$pip flopsbench
echo "== on $(uname -m): devices, run, validate, show"
$flopsbench devices 2>devices.err
if [ -s devices.err ]; then cat devices.err; exit 1; fi # noise of libraries, say
$flopsbench run --size 128 --time 4 --json r.json
$flopsbench validate r.json
$flopsbench show r.json
venv/bin/python - <<'PYTHON'
import json
from pathlib import Path

result = json.loads(Path("r.json").read_text())
rates = {case["dtype"] for case in result["cases"] if case["status"] == "ok"}
ceilings = {ceiling["dtype"] for ceiling in result["ceilings"] if ceiling.get("rate_per_s")}
assert result["devices"][0]["arch"] == "aarch64"
assert rates == ceilings == {"fp64", "fp32"}, (rates, ceilings)
PYTHON

echo "== on $(uname -m): tests"
$pip 'setuptools>=77' pytest pytest-benchmark pytest-timeout pytest-xdist hypothesis jsonschema
$pip --no-deps --no-build-isolation --editable /mnt/flopsbench
pytest=$PWD/venv/bin/pytest
cd /mnt/flopsbench
"$pytest" -q -n 0 -m fast --few 2 --hypothesis-profile=emulated $(printf 'tests/%s ' host ceiling peaks proof result validate)
