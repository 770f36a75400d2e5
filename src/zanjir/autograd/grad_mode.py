"""Switching recording off and on: contexts that are decorators too. The switch is the thread's own."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from ..state import state

F = TypeVar("F", bound=Callable[..., Any])


class _Mode:
    """A context in which ``state.grad`` (and perhaps ``state.inference``) has another value; decorates functions
    too."""

    def _set(self) -> None:
        raise NotImplementedError

    def _again(self) -> _Mode:
        """A context of the same kind for one call of a decorated function."""
        return type(self)()

    def __enter__(self) -> None:
        self.before = state.grad, state.inference
        self._set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state.grad, state.inference = self.before

    def __call__(self, f: F) -> F:
        if inspect.isclass(f):
            import warnings

            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
                "functions or methods. To preserve the current behavior of class decoration, you can directly decorate "
                "the `__init__` method and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            setattr(f, "__init__", self(f.__init__))  # noqa: B010 (mypy does not like the assignment)
            return f
        if inspect.isgeneratorfunction(f):
            return _generator(f, self._again)  # type: ignore[return-value]

        @functools.wraps(f)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return f(*args, **kwargs)

        return decorated  # type: ignore[return-value]


def _generator(f: Callable[..., Any], mode: Callable[[], _Mode]) -> Callable[..., Any]:
    """A generator function whose body runs in the mode, while whoever consumes it keeps his own."""

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        with mode():
            inner = f(*args, **kwargs)
        step, value = inner.send, None
        while True:
            try:
                with mode():
                    item = step(value)
            except StopIteration as stop:
                return stop.value
            try:
                value = yield item
                step = inner.send
            except GeneratorExit:
                with mode():
                    inner.close()
                raise
            except BaseException as error:
                step, value = inner.throw, error

    return decorated


class no_grad(_Mode):
    """Records nothing inside: ``with zanjir.no_grad():`` or ``@zanjir.no_grad()``.

    >>> import zanjir
    >>> x = zanjir.tensor(1.0, requires_grad=True)
    >>> with zanjir.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    def __new__(cls, f: Any = None) -> Any:
        mode = object.__new__(cls)
        return mode if f is None else mode(f)

    def __init__(self, f: Any = None) -> None:
        pass

    def _set(self) -> None:
        state.grad = False


class enable_grad(no_grad):
    """Records inside, also within ``no_grad``."""

    def _set(self) -> None:
        state.grad = True


class set_grad_enabled(_Mode):
    """Sets recording at once when called; as a context, puts it back afterwards.

    >>> import zanjir
    >>> before = zanjir.is_grad_enabled()
    >>> with zanjir.set_grad_enabled(False):
    ...     zanjir.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self.before = state.grad, state.inference
        state.grad = self.mode

    def _set(self) -> None:
        state.grad = self.mode

    def __enter__(self) -> None:
        self._set()

    def _again(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __call__(self, f: F) -> F:
        state.grad = self.before[0]
        return super().__call__(f)


class inference_mode(_Mode):
    """As ``no_grad``, and the tensors made inside can never take part in recording.

    Args:
        mode: ``False`` switches it off inside.
    """

    def __new__(cls, mode: Any = True) -> Any:
        context = object.__new__(cls)
        if isinstance(mode, bool):
            return context
        context.mode = True
        return context(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def _set(self) -> None:
        state.inference = self.mode
        state.grad = not self.mode

    def _again(self) -> inference_mode:
        return inference_mode(self.mode)


def is_grad_enabled() -> bool:
    """Whether operators are being recorded in this thread."""
    return state.grad


def is_inference_mode_enabled() -> bool:
    """Whether this thread is in inference mode."""
    return state.inference
