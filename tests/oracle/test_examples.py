"""Every example prints with zanjir what the same program prints with PyTorch."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch, the oracle, is not installed")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.py"))
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def output(program: Path) -> str:
    """What `program` prints, and on failure what it says."""
    utf8 = os.environ | {"PYTHONUTF8": "1"}
    run = subprocess.run([sys.executable, str(program)], capture_output=True, encoding="utf-8", env=utf8, timeout=300)
    assert run.returncode == 0, run.stderr
    return run.stdout


def words(line: str) -> list[str]:
    """The line with its numbers masked, and in the names that PyTorch gives things."""
    return NUMBER.sub("#", line.replace("zanjir.", "torch.")).split()


def numbers(line: str) -> list[float]:
    """The line's numbers."""
    return [float(number) for number in NUMBER.findall(line)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_output(name: str, tmp_path: Path) -> None:
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    program = tmp_path / f"{name}.py"
    program.write_text(source.replace("import zanjir as torch", "import torch"), encoding="utf-8")
    for data in EXAMPLES.glob("*.csv"):
        shutil.copy(data, tmp_path)
    expected, got = output(program).splitlines(), output(EXAMPLES / f"{name}.py").splitlines()
    for got_line, expected_line in zip(got, expected, strict=False):
        assert words(got_line) == words(expected_line)
        assert numbers(got_line) == pytest.approx(numbers(expected_line), rel=1e-4, abs=1e-6), got_line
    assert len(got) == len(expected)
