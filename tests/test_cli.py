"""``zanjir run``: wherever it can be, the test is that ``python`` with the same script does the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import zanjir.version

ZANJIR = [sys.executable, "-m", "zanjir"]
ENVIRONMENT = {**os.environ, "PYTHON_COLORS": "0"}


def run(*command: str | Path, cwd: Path, input: str | None = None) -> subprocess.CompletedProcess[str]:
    words = [*map(str, command)]
    return subprocess.run(words, cwd=cwd, input=input, capture_output=True, text=True, timeout=120, env=ENVIRONMENT)


def same_as_python(*words: str | Path, cwd: Path, input: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs ``words`` with ``python`` and with ``zanjir run``; both must print, fail and end alike."""
    python = run(sys.executable, *words, cwd=cwd, input=input)
    zanjir_ = run(*ZANJIR, "run", *words, cwd=cwd, input=input)
    assert zanjir_.stdout == python.stdout
    assert zanjir_.stderr == python.stderr
    assert zanjir_.returncode == python.returncode
    return zanjir_


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


ABOUT = """
import sys
print(sys.argv, sys.path[0], __name__, __package__, globals().get("__file__"), __spec__ and __spec__.name)
print(sys.modules["__main__"].__dict__ is globals(), __builtins__.__name__, __doc__)
"""


@pytest.mark.parametrize("name", ["script.py", "./script.py", "sub/../script.py", "ABSOLUTE"])
def test_arguments_and_place(tmp_path: Path, name: str) -> None:
    write(tmp_path / "script.py", '"""doc"""' + ABOUT)
    (tmp_path / "sub").mkdir()
    words = ["-m", "--help", "--", "-c", "x y", "", "--version"]
    done = same_as_python(name.replace("ABSOLUTE", str(tmp_path / "script.py")), *words, cwd=tmp_path)
    assert "'--', '-c', 'x y', ''" in done.stdout


def test_a_script_behind_a_link_sees_its_own_neighbours(tmp_path: Path) -> None:
    write(tmp_path / "real" / "script.py", "import neighbour" + ABOUT)
    write(tmp_path / "real" / "neighbour.py", "print('neighbour of', __name__)")
    (tmp_path / "link.py").symlink_to(tmp_path / "real" / "script.py")
    assert "neighbour of neighbour" in same_as_python("link.py", cwd=tmp_path).stdout


def test_module_package_code_and_input(tmp_path: Path) -> None:
    write(tmp_path / "pkg" / "__init__.py", "")
    write(tmp_path / "pkg" / "mod.py", "from . import other" + ABOUT)
    write(tmp_path / "pkg" / "other.py", "")
    write(tmp_path / "pkg" / "__main__.py", ABOUT)
    assert "'-x'" in same_as_python("-m", "pkg.mod", "-x", "-m", cwd=tmp_path).stdout
    same_as_python("-m", "pkg", "--help", cwd=tmp_path)
    assert "['-c', '-x', '--', 'y']" in same_as_python("-c", ABOUT, "-x", "--", "y", cwd=tmp_path).stdout
    assert "['-', 'a', '-b']" in same_as_python("-", "a", "-b", cwd=tmp_path, input=ABOUT).stdout


def test_directory_and_zip(tmp_path: Path) -> None:
    write(tmp_path / "app" / "__main__.py", "import helper" + ABOUT)
    write(tmp_path / "app" / "helper.py", "print('helper')")
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.write(tmp_path / "app" / "__main__.py", "__main__.py")
        archive.write(tmp_path / "app" / "helper.py", "helper.py")
    for name in ["app", "app.zip"]:
        assert same_as_python(name, "-x", cwd=tmp_path).stdout.startswith("helper\n")


@pytest.mark.parametrize(
    "ending",
    [
        "pass",
        "sys.exit()",
        "sys.exit(0)",
        "sys.exit(7)",
        "sys.exit('words to say')",
        "raise SystemExit(3)",
        "quit(4)",
        "os._exit(5)",
        "1 / 0",
        "f(2)",
        "raise KeyboardInterrupt",
        "try:\n    f(0)\nexcept ZeroDivisionError as e:\n    raise RuntimeError('outer') from e",
        "raise ExceptionGroup('many', [ValueError(1), TypeError(2)])",
        "import broken",
        "import raising",
        "import absent_from_everywhere",
        "from os import absent",
        "exec('1 +')",
        "sys.excepthook = lambda *a: print('hook', a[0].__name__, len(list(traceback.walk_tb(a[2]))))\nf(0)",
        "atexit.register(lambda: print('at exit', sys.modules['__main__'].f.__name__))",
        "t = threading.Timer(0.2, lambda: print('later', __name__, f.__name__))\nt.start()",
        "t = threading.Thread(target=f, args=(0,), name='worker')\nt.start()",
        "warnings.warn('careful', DeprecationWarning)",
    ],
)
def test_every_ending(tmp_path: Path, ending: str) -> None:
    head = "import atexit, os, sys, threading, traceback, warnings\n\ndef f(x):\n    return 1 / x\n\n\nprint('begun')\n"
    write(tmp_path / "script.py", head + ending + "\n")
    write(tmp_path / "broken.py", "def (:\n")
    write(tmp_path / "raising.py", "raise ValueError('in an import')\n")
    assert "begun" in same_as_python("script.py", cwd=tmp_path).stdout + "begun" * ending.startswith("os._exit")


@pytest.mark.parametrize("text", ["def f(:\n    pass\n", "x = '\n"])
def test_a_script_that_does_not_compile(tmp_path: Path, text: str) -> None:
    write(tmp_path / "script.py", text)
    assert same_as_python("script.py", cwd=tmp_path).returncode == 1


def test_encoding_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_bytes("# coding: latin-1\nprint(ascii('é'))\n".encode("latin-1"))
    assert same_as_python("script.py", cwd=tmp_path).stdout == "'\\xe9'\n"


def test_future_imports_are_the_scripts_own(tmp_path: Path) -> None:
    code = "def f(x: int): ...\nprint(f.__annotations__)\n"
    write(tmp_path / "script.py", code)
    for words in [["script.py"], ["-m", "script"], ["-c", code], ["-"]]:
        assert same_as_python(*words, cwd=tmp_path, input=code).stdout == "{'x': <class 'int'>}\n"


def test_the_directory_of_the_script_is_left_clean(tmp_path: Path) -> None:
    write(tmp_path / "script.py", "print(1)\n")
    run(*ZANJIR, "run", "script.py", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


MAIN_CLASSES = """
import copy, dataclasses, inspect, pickle, sys, typing

@dataclasses.dataclass
class Point:
    x: "int"
    def norm(self): return abs(self.x)

assert pickle.loads(pickle.dumps(Point(3))) == Point(3)
assert Point.__module__ == "__main__" and typing.get_type_hints(Point) == {"x": int}
print(pickle.dumps(Point(3), 0))
print(inspect.getsource(Point), inspect.getfile(Point), inspect.getsource(Point.norm))
print(inspect.getsource(sys.modules["__main__"])[:20], inspect.getmodule(Point))
"""


def test_classes_of_the_script_can_be_pickled_and_read(tmp_path: Path) -> None:
    write(tmp_path / "script.py", MAIN_CLASSES)
    same_as_python("script.py", cwd=tmp_path)


POOL = """
import multiprocessing, sys
import torch

class Box:
    def __init__(self, value): self.value = value

def work(box):
    return Box((torch.__version__, box.value, __name__ != "zanjir", "zanjir" in sys.modules))

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with multiprocessing.Pool(1) as pool:
        print([box.value for box in pool.map(work, [Box(1), Box(2)])])
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
@pytest.mark.parametrize("form", ["script", "module"])
def test_child_processes_of_multiprocessing_have_zanjir_too(tmp_path: Path, method: str, form: str) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    write(tmp_path / "pool.py", POOL)
    words = ["pool.py"] if form == "script" else ["-m", "pool"]
    done = run(*ZANJIR, "run", *words, method, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout == "[('2.13.0+zanjir', 1, True, True), ('2.13.0+zanjir', 2, True, True)]\n"


def test_torch_is_zanjir(tmp_path: Path) -> None:
    write(
        tmp_path / "script.py", "import torch, zanjir, torch.cuda\nprint(torch is zanjir, torch.cuda.is_available())\n"
    )
    done = run(*ZANJIR, "run", "script.py", cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("True False\n", "", 0)


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("import torch.zigzag", "ModuleNotFoundError: No module named 'torch.zigzag': zanjir does not have it (yet)"),
        ("torch.zigzag(1)", "AttributeError: module 'torch' has no attribute 'zigzag': zanjir does not have it (yet)"),
    ],
)
def test_the_traceback_of_what_is_missing_ends_in_the_script(tmp_path: Path, line: str, last: str) -> None:
    script = write(tmp_path / "script.py", f"import torch\n{line}\n")
    done = run(*ZANJIR, "run", "script.py", cwd=tmp_path)
    lines = [text for text in done.stderr.splitlines() if set(text) - set(" ~^")]
    assert lines == [
        "Traceback (most recent call last):",
        f'  File "{script}", line 2, in <module>',
        f"    {line}",
        last,
    ]
    assert done.returncode == 1


#: A process started in the background may have inherited that interrupts are ignored.
INTERRUPTED = """
import os, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
os.kill(os.getpid(), signal.SIGINT)
time.sleep(30)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_ends_the_process_as_it_ends_python(tmp_path: Path) -> None:
    write(tmp_path / "script.py", INTERRUPTED)
    assert same_as_python("script.py", cwd=tmp_path).returncode == -signal.SIGINT


@pytest.mark.parametrize(
    ("words", "message", "status"),
    [
        (["absent.py"], "zanjir: can't open file '{here}/absent.py': [Errno 2] No such file or directory", 2),
        (["empty"], "zanjir: can't open file '{here}/empty': [Errno 21] Is a directory", 2),
        (["-m", "absent"], "zanjir: No module named absent", 1),
        (["-m", "absent.deeper"], "zanjir: No module named absent.deeper", 1),
        (
            ["-m", "pkg"],
            "zanjir: No module named pkg.__main__; 'pkg' is a package and cannot be directly executed",
            1,
        ),
    ],
)
def test_what_cannot_be_run(tmp_path: Path, words: list[str], message: str, status: int) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "pkg" / "__init__.py", "")
    done = run(*ZANJIR, "run", *words, cwd=tmp_path)
    assert done.stderr == message.format(here=tmp_path) + "\n"
    assert (done.stdout, done.returncode) == ("", status)


def test_an_error_while_looking_for_a_module_is_shown(tmp_path: Path) -> None:
    package = write(tmp_path / "pkg" / "__init__.py", "import absent\n")
    done = run(*ZANJIR, "run", "-m", "pkg.mod", cwd=tmp_path)
    assert done.returncode == 1
    lines = [text for text in done.stderr.splitlines() if set(text) - set(" ~^")]
    assert lines[:2] == ["Traceback (most recent call last):", f'  File "{package}", line 1, in <module>']
    assert lines[-1] == "ModuleNotFoundError: No module named 'absent'"


@pytest.mark.parametrize("words", [[], ["run"], ["run", "-m"], ["run", "-c"], ["nonesuch"], ["--nonesuch"]])
def test_a_wrong_command_line(tmp_path: Path, words: list[str]) -> None:
    done = run(*ZANJIR, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: zanjir")


def test_version_and_help(tmp_path: Path) -> None:
    assert run(*ZANJIR, "--version", cwd=tmp_path).stdout == f"zanjir {zanjir.version.__version__}\n"
    help_ = run(*ZANJIR, "run", "--help", cwd=tmp_path)
    assert help_.returncode == 0
    assert "SCRIPT" in help_.stdout


def test_the_console_command_is_the_same(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("zanjir.exe" if sys.platform == "win32" else "zanjir")
    if not command.exists():
        pytest.skip("zanjir is not installed in this environment")
    write(tmp_path / "script.py", "import sys, torch" + ABOUT + "print(torch.__version__)\nsys.exit(6)\n")
    done = run(command, "run", "script.py", "-x", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (6, "")
    assert done.stdout.startswith(f"['script.py', '-x'] {tmp_path} __main__ None {tmp_path}/script.py None\n")
    assert done.stdout.endswith("2.13.0+zanjir\n")


def test_starting_is_light(tmp_path: Path) -> None:
    code = "import sys; print(*sorted({'torch', 'runpy', 'zanjir', 'importlib.metadata', 'scipy'} & set(sys.modules)))"
    command = Path(sys.executable).with_name("zanjir")
    if not command.exists():
        pytest.skip("zanjir is not installed in this environment")
    assert run(command, "run", "-c", code, cwd=tmp_path).stdout == "torch zanjir\n"
