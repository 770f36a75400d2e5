"""Standing in for torch. Each case has a process of its own: this one may have the real torch in it, for the oracle."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from zanjir.standin import missing
from zanjir.torch_version import TorchVersion


def run(code: str) -> str:
    """What ``code`` prints, after ``install_as_torch()``, in a fresh interpreter."""
    prologue = "import sys\nfrom zanjir.standin import install_as_torch, uninstall\ninstall_as_torch()\n"
    return run_plain(prologue + textwrap.dedent(code))


def run_plain(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


# Every way to import, and the module of zanjir that it must give.
IMPORTS = [
    ("import torch", "torch", "zanjir"),
    ("import torch as t", "t", "zanjir"),
    ("import torch.cuda", "torch.cuda", "zanjir.cuda"),
    ("import torch.backends.cudnn as cudnn", "cudnn", "zanjir.backends.cudnn"),
    ("from torch import cuda", "cuda", "zanjir.cuda"),
    ("from torch.backends import cudnn", "cudnn", "zanjir.backends.cudnn"),
    ("import importlib; m = importlib.import_module('torch.cuda')", "m", "zanjir.cuda"),
    ("import importlib; m = importlib.import_module('.cudnn', 'torch.backends')", "m", "zanjir.backends.cudnn"),
]


@pytest.mark.parametrize(("statement", "expression", "ours"), IMPORTS)
@pytest.mark.parametrize("first", ["torch", "zanjir"])
def test_every_import_gives_the_module_of_zanjir_itself(statement: str, expression: str, ours: str, first: str) -> None:
    theirs = f"{statement}; mine = {expression}"
    both = [theirs, f"import {ours}"] if first == "torch" else [f"import {ours}", theirs]
    code = f"""
    {both[0]}
    {both[1]}
    module = sys.modules[{ours!r}]
    assert mine is module
    assert sys.modules["torch" + {ours!r}[6:]] is module
    assert module.__name__ == module.__spec__.name == {ours!r}, module.__spec__
    assert module.__loader__ is module.__spec__.loader and "standin" not in type(module.__loader__).__module__
    """
    run(code)


def test_each_module_is_executed_once() -> None:
    run(
        """
        import torch.cuda
        first = torch.cuda.OutOfMemoryError
        import zanjir.cuda
        from torch.cuda import OutOfMemoryError
        assert first is OutOfMemoryError is zanjir.cuda.OutOfMemoryError
        """
    )


def test_what_is_not_asked_for_is_not_imported() -> None:
    loaded = run("before = set(sys.modules)\nimport torch\nprint(sorted(set(sys.modules) - before))")
    assert loaded == "[]"


def test_a_module_under_another_name_than_its_file_has() -> None:
    run(
        """
        import types, zanjir
        zanjir.other = types.ModuleType("zanjir.somewhere.else_")
        zanjir.other.value = 5
        import torch.other
        from torch.other import value
        assert torch.other is zanjir.other and value == 5
        """
    )


def test_names_and_version_are_those_of_torch() -> None:
    code = """
    import torch, importlib.metadata, importlib.util
    from torch.dtypes import float32
    from torch.cuda import OutOfMemoryError, device
    print(float32, device, OutOfMemoryError)
    print(torch.__version__, torch.version.__version__, torch.__version__ >= "2.9", torch.__version__ < (2, 14))
    print(importlib.metadata.version("torch"), importlib.metadata.version("numpy") != "2.13.0+zanjir")
    print([d.version for d in importlib.metadata.distributions() if d.metadata["Name"] == "torch"][0])
    print(importlib.util.find_spec("torch") is not None, importlib.util.find_spec("torch.cuda") is not None)
    """
    assert run(code).splitlines() == [
        "torch.float32 <class 'torch.cuda.device'> <class 'torch.OutOfMemoryError'>",
        "2.13.0+zanjir 2.13.0+zanjir True True",
        "2.13.0+zanjir True",
        "2.13.0+zanjir",
        "True True",
    ]


def test_a_renamed_class_can_be_pickled_and_read() -> None:
    run(
        """
        import inspect, pickle, torch.cuda
        device = torch.cuda.device
        assert pickle.loads(pickle.dumps(device)) is device
        assert inspect.getsource(device).startswith("class device")
        uninstall()
        assert pickle.loads(pickle.dumps(device)) is device
        assert inspect.getsource(device).startswith("class device")
        """
    )


@pytest.mark.parametrize(
    ("statement", "error", "names"),
    [
        ("import torch.zigzag", "ModuleNotFoundError", "No module named 'torch.zigzag': zanjir does not have it (yet)"),
        (
            "from torch.zigzag.deep import x",
            "ModuleNotFoundError",
            "No module named 'torch.zigzag': zanjir does not have it (yet)",
        ),
        ("from torch import zigzag", "ImportError", "cannot import name 'zigzag' from 'zanjir'"),
        ("import torch; torch.zigzag", "AttributeError", "module 'torch' has no attribute 'zigzag': zanjir does not"),
        (
            "import torch.cuda; torch.cuda.zigzag()",
            "AttributeError",
            "module 'torch.cuda' has no attribute 'zigzag': zanjir does not",
        ),
    ],
)
def test_what_is_missing_is_named(statement: str, error: str, names: str) -> None:
    printed = run(f"try:\n    {statement}\nexcept Exception as e:\n    print(type(e).__name__, e, sep='|')")
    kind, _, message = printed.partition("|")
    assert kind == error
    assert message.startswith(names)


def test_asking_whether_something_missing_exists_is_no_error() -> None:
    code = """
    import importlib.util, torch
    print(importlib.util.find_spec("torch.zigzag"), hasattr(torch, "zigzag"), getattr(torch, "zigzag", 7))
    """
    assert run(code) == "None False 7"


def test_the_real_torch_is_not_displaced() -> None:
    code = """
    import sys, types
    real = sys.modules["torch"] = types.ModuleType("torch")
    real.__file__ = "/somewhere/torch/__init__.py"
    from zanjir import dtypes
    from zanjir.standin import install_as_torch
    try:
        install_as_torch()
    except RuntimeError as error:
        print(error)
    assert sys.modules["torch"] is real and repr(dtypes.float32) == "zanjir.float32"
    """
    assert run_plain(code) == (
        "zanjir cannot stand in for torch: torch is already imported (/somewhere/torch/__init__.py). "
        "Call zanjir.install_as_torch() before anything imports torch."
    )


def test_twice_is_once_and_uninstall_leaves_nothing() -> None:
    run_plain(
        """
        import sys, zanjir.cuda, zanjir.version
        from zanjir import dtypes
        from zanjir.standin import install_as_torch, uninstall

        def state():
            modules = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in ("torch", "zanjir")}
            members = {n: {k: v for k, v in vars(m).items() if not n.endswith("standin")} for n, m in modules.items()}
            return list(sys.meta_path), members, zanjir.cuda.device.__module__, repr(dtypes.float32)

        before = state()
        install_as_torch()
        during = state()
        install_as_torch()
        assert state() == during != before
        uninstall()
        assert state() == before, (state(), before)
        uninstall()
        install_as_torch()
        assert state() == during or list(state()[1]) == list(during[1])
        import torch
        """
    )


def test_threads_may_import_at_the_same_time() -> None:
    run(
        """
        import importlib, threading
        names = ["torch.backends.cudnn", "torch.backends", "torch.cuda", "torch.backends.mps"] * 8
        got, start = {}, threading.Barrier(len(names))
        def work(i, name):
            start.wait()
            got[i] = importlib.import_module(name)
        threads = [threading.Thread(target=work, args=a) for a in enumerate(names)]
        [t.start() for t in threads], [t.join() for t in threads]
        assert len(got) == len(names) and len(set(map(id, got.values()))) == 4
        assert all(m.__spec__.name == m.__name__ for m in got.values())
        """
    )


def test_missing_speaks_of_zanjir_outside_the_stand_in() -> None:
    error = missing("zanjir.nn", "Zigzag")
    assert isinstance(error, AttributeError)
    assert str(error) == "module 'zanjir.nn' has no attribute 'Zigzag': zanjir does not have it (yet)"
    assert error.name == "Zigzag"


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("2.9", "2.13"),
        ("2.13.0", "2.13.0+zanjir"),
        ("2.13.0a1", "2.13.0a2"),
        ("2.13.0a2", "2.13.0b1"),
        ("2.13.0rc1", "2.13.0"),
        ("2.13.0.dev20260101", "2.13.0a1"),
        ("2.13", "2.13.0.post1"),
        ("2.13.0", (2, 14)),
        ("2.13.0", (2, 13, 1)),
    ],
)
def test_versions_are_ordered(low: str, high: str | tuple[int, ...]) -> None:
    version = TorchVersion(low)
    assert version < high and version <= high and version != high
    assert not version > high and not version >= high


def test_equal_versions_and_what_is_no_version() -> None:
    version = TorchVersion("2.13.0")
    assert version == "2.13" and version == (2, 13) and version >= "2.13.0" and version <= [2, 13, 0]
    assert version != "zanjir" and version < "zanjir" and version != 5
    assert version.startswith("2.13") and {version: 1}["2.13.0"] == 1


def test_a_machine_without_a_gpu() -> None:
    from zanjir import cuda

    assert (cuda.is_available(), cuda.is_initialized(), cuda.device_count()) == (False, False, 0)
    assert (cuda.memory_allocated(), cuda.max_memory_allocated(), cuda.get_rng_state_all()) == (0, 0, [])
    cuda.manual_seed(1), cuda.manual_seed_all(1), cuda.empty_cache(), cuda.seed_all(), cuda.set_device(-1)
    with cuda.device(-1), cuda.stream(None):
        pass
    for name in ["synchronize", "init", "current_device", "get_device_name", "current_stream", "get_rng_state"]:
        with pytest.raises(AssertionError, match=r"^Torch not compiled with CUDA enabled$"):
            getattr(cuda, name)()
    with pytest.raises(AssertionError, match=r"^Torch not compiled with CUDA enabled$"):
        cuda.set_device(0)
    with pytest.raises(RuntimeError, match="compiled without CUDA"), cuda.device(0):
        pass
    with pytest.raises(TypeError, match=r"^type torch\.cuda\.FloatTensor not available\."):
        cuda.FloatTensor(2)
    assert issubclass(cuda.OutOfMemoryError, RuntimeError)


def test_backends_switch_nothing() -> None:
    from zanjir import backends

    assert not backends.cudnn.is_available() and not backends.mps.is_available() and not backends.cuda.is_built()
    with backends.cudnn.flags(enabled=False, deterministic=True):
        assert backends.cudnn.deterministic and not backends.cudnn.enabled
    assert backends.cudnn.enabled and not backends.cudnn.deterministic
    backends.cuda.matmul.allow_tf32 = True
    with pytest.raises(AttributeError):
        backends.cuda.matmul.allow_zigzag = True  # type: ignore[attr-defined]
    backends.cuda.matmul.allow_tf32 = False
