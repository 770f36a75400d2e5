"""Every example runs, from an empty directory, and what it prints is true."""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def output(name: str, directory: Path) -> str:
    """What the example prints when it is run in `directory`; it must end well and complain of nothing."""
    run = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")],
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONUTF8": "1"},
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    assert list(directory.iterdir()) == []
    return run.stdout


def figure(text: str, pattern: str) -> float:
    """The number where `pattern` has its group."""
    match = re.search(pattern, text)
    assert match, f"{pattern!r} is not in\n{text}"
    return float(match.group(1))


def test_the_index_lists_every_example() -> None:
    listed = set(re.findall(r"\]\((\w+)\.py\)", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
    assert listed == set(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_a_program_for_torch(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert source.count("import zanjir as torch\n") == 1
    assert source.count("zanjir") == 1


def test_polynomial(tmp_path: Path) -> None:
    text = output("polynomial", tmp_path)
    assert figure(text, r"velocity then: tensor\(([\d.]+)\)") == pytest.approx(12 - 9.8 * 0.5, abs=1e-3)
    rows = re.findall(r"([\d.]+) s +([\d.]+) m +(-?[\d.]+) m/s", text)
    assert len(rows) == 6
    for t, height, velocity in [tuple(map(float, row)) for row in rows]:
        assert height == pytest.approx(2 + 12 * t - 4.9 * t**2, abs=1e-3)
        assert velocity == pytest.approx(12 - 9.8 * t, abs=1e-2)
    assert figure(text, r"the top: ([\d.]+) m") == pytest.approx(2 + 12**2 / (4 * 4.9), abs=1e-4)
    assert figure(text, r"the top: .* at ([\d.]+) s") == pytest.approx(12 / 9.8, abs=1e-4)
    assert re.findall(r"^\w+\W* +(True|False)$", text, re.M) == ["True", "False", "False", "False"]


def test_one_weight(tmp_path: Path) -> None:
    text = output("one_weight", tmp_path)
    pairs = re.findall(r"gradient +(-?[\d.]+), by hand +(-?[\d.]+)", text)
    assert len(pairs) == 4
    for gradient, by_hand in pairs:
        assert float(gradient) == pytest.approx(float(by_hand), rel=1e-4)
    stretch, force = [1.0, 2.0, 3.0, 4.0], [2.6, 4.9, 7.4, 10.1]
    best = sum(x * f for x, f in zip(stretch, force, strict=True)) / sum(x * x for x in stretch)
    assert figure(text, r"least squares: k = ([\d.]+)") == pytest.approx(best, abs=1e-4)
    assert figure(text, r"turn 7: k = ([\d.]+)") == pytest.approx(best, abs=0.01)


def test_chain_rule(tmp_path: Path) -> None:
    text = output("chain_rule", tmp_path)
    u = 0.8**2
    v = math.sin(u)
    expected = [1, math.exp(v), math.exp(v) * math.cos(u), math.exp(v) * math.cos(u) * 2 * 0.8]
    found = re.findall(r"= ([\d.]+) +autograd: ([\d.]+)", text)
    assert [float(by_hand) for by_hand, _ in found] == pytest.approx(expected, abs=1e-4)
    assert [float(by_autograd) for _, by_autograd in found] == pytest.approx(expected, abs=1e-4)
    assert figure(text, r"a small step says +([\d.]+)") == pytest.approx(expected[-1], abs=1e-4)
    assert "at the leaf they meet: tensor([5., 7., 9.])" in text
    assert "what w receives   tensor([ 1., -2.,  2.])" in text
    assert "hook removed      tensor([ 1., -8.,  2.])" in text
    assert "and once more     tensor([  2., -16.,   4.])" in text


def test_recurrent_step(tmp_path: Path) -> None:
    text = output("recurrent_step", tmp_path)
    tree = re.findall(r"^( *)(\w+Backward0|AccumulateGrad)$", text, re.M)
    assert [(len(indent) // 4, node) for indent, node in tree] == [
        (0, "SumBackward0"),
        (1, "TanhBackward0"),
        (2, "AddBackward0"),
        (3, "MmBackward0"),
        (4, "AccumulateGrad"),
        (3, "MmBackward0"),
        (4, "AccumulateGrad"),
    ]
    assert re.findall(r"\? (True|False)$", text, re.M) == ["True", "True"]
    counts = re.findall(r"^ +(\d+) +(\d+) +[\d.]+ +[\d.]+$", text, re.M)
    # Two leaves, and for each step tanh, the sum and two products; the given state has no node.
    assert [(int(steps), int(nodes)) for steps, nodes in counts] == [(n, 2 + 4 * n) for n in (1, 2, 4, 8)]


def test_line_fit(tmp_path: Path) -> None:
    text = output("line_fit", tmp_path)
    # The regression line published with these data: 25.23 + 3.29 x.
    assert figure(text, r"has ([\d.]+) x chirps") == pytest.approx(3.29, abs=0.005)
    assert figure(text, r"chirps \+ ([\d.]+) degrees") == pytest.approx(25.23, abs=0.01)
    slopes = re.findall(r"slope ([\d.]+), level ([\d.]+)", text)
    assert len(slopes) == 5
    for slope, level in slopes:
        assert float(slope) == pytest.approx(float(slopes[0][0]), abs=1e-3)
        assert float(level) == pytest.approx(float(slopes[0][1]), abs=1e-3)
    assert "hand and SGD agree: True" in text


def test_iris_softmax(tmp_path: Path) -> None:
    text = output("iris_softmax", tmp_path)
    runs = [
        [float(loss) for loss in re.findall(r"loss ([\d.]+)", part)]
        for part in re.split(r"^gradient descent.*|^optim.*", text, flags=re.M)[1:]
    ]
    assert len(runs) == 3
    for losses in runs:
        assert losses[0] == pytest.approx(math.log(3), abs=1e-4)  # three species, and nothing known
        assert losses == sorted(losses, reverse=True)
        assert losses[-1] < 0.15
    results = re.findall(r"^(by hand|SGD|Adam) +([\d.]+)% +([\d.]+)%$", text, re.M)
    assert [name for name, _, _ in results] == ["by hand", "SGD", "Adam"]
    for _, train, test in results:
        assert float(train) >= 95
        assert float(test) >= 95


def test_iris_data_are_fishers() -> None:
    """The sums, the first flower and those in which the UCI copy departs from the paper's table."""
    with open(EXAMPLES / "iris.csv", newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    assert [row[4] for row in rows] == ["setosa"] * 50 + ["versicolor"] * 50 + ["virginica"] * 50
    lengths = [[float(value) for value in row[:4]] for row in rows]
    means = [[sum(column) / 50 for column in zip(*lengths[start : start + 50], strict=True)] for start in (0, 50, 100)]
    assert means[0] == pytest.approx([5.006, 3.428, 1.462, 0.246])
    assert means[1] == pytest.approx([5.936, 2.770, 4.260, 1.326])
    assert means[2] == pytest.approx([6.588, 2.974, 5.552, 2.026])
    assert lengths[0] == [5.1, 3.5, 1.4, 0.2]
    assert lengths[34] == [4.9, 3.1, 1.5, 0.2]
    assert lengths[37] == [4.9, 3.6, 1.4, 0.1]
