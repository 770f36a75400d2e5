"""``Optimizer``: what all optimizers share. Groups of parameters, their options and state, saving, loading, hooks."""

from __future__ import annotations

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias, TypeVar

import zanjir

from .. import dtypes
from ..node import Handle, Hooks
from ..state import state as thread
from ..tensor import Tensor

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]

Args: TypeAlias = tuple[Any, ...]
Kwargs: TypeAlias = dict[str, Any]
StateDict: TypeAlias = dict[str, Any]
ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
params_t: TypeAlias = ParamsT
DeviceDict: TypeAlias = dict[Any, Tensor]
DeviceDtypeDict: TypeAlias = dict[Any, Tensor]
GlobalOptimizerPreHook: TypeAlias = Callable[["Optimizer", Args, Kwargs], tuple[Args, Kwargs] | None]
GlobalOptimizerPostHook: TypeAlias = Callable[["Optimizer", Args, Kwargs], None]

F = TypeVar("F", bound=Callable[..., Any])

_global_optimizer_pre_hooks = Hooks()
_global_optimizer_post_hooks = Hooks()


class _RequiredParameter:
    """The default of an option that every parameter group has to give itself."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()

# ---------------------------------------------------------------------- for those who write optimizers

# What the docstrings of optimizers say of the options they share.
_params_doc = """params: the tensors to optimize, or pairs ``(name, tensor)``, or dicts, one a group of parameters, each
            with its tensors under ``"params"`` and options of its own beside them. Names: for all or for none."""
_foreach_doc = """foreach: update tensors of one kind together. The result is the same."""
_fused_doc = """fused: update in one pass: half and bfloat16 parameters are rounded once a step."""
_capturable_doc = """capturable: for CUDA graphs; on a CPU a step raises ``AssertionError``, as PyTorch's does."""
_differentiable_doc = """differentiable: record the step, so that gradients flow through it."""
_maximize_doc = """maximize: climb instead of descending."""


def _use_grad_for_differentiable(step: F) -> F:
    """Makes a ``step`` record nothing, unless the optimizer was made with ``differentiable=True``."""

    @functools.wraps(step)
    def stepped(*args: Any, **kwargs: Any) -> Any:
        now = thread.now
        before = now.grad
        now.grad = args[0].defaults["differentiable"]
        try:
            return step(*args, **kwargs)
        finally:
            now.grad = before

    return stepped  # type: ignore[return-value]


def _get_value(x: Any) -> Any:
    """A number from a number or a tensor of one element."""
    return x.item() if isinstance(x, Tensor) else x


def _stack_if_compiling(x: Any) -> Any:
    """``x``: nothing is compiled here."""
    return x


def _to_scalar(x: Any) -> Any:
    """A tensor of one element without its dimensions; a number as it is."""
    return x.squeeze() if isinstance(x, Tensor) and x.dim() else x


def _get_scalar_dtype(is_fused: bool | None = None) -> Any:
    """The dtype in which steps are counted."""
    return dtypes.float64 if dtypes.get_default_dtype() is dtypes.float64 and not is_fused else dtypes.float32


def _default_to_fused_or_foreach(
    params: Sequence[Tensor], differentiable: bool, use_fused: bool = False
) -> tuple[bool, bool]:
    """Whether to fuse, and whether to group, where the user said neither: on a CPU PyTorch does not group."""
    return not differentiable and use_fused and all(p is None or p.is_floating_point() for p in params), False


def _disable_dynamo_if_unsupported(single_tensor_fn: Any = None) -> Callable[[F], F]:
    """A decorator that does nothing: there is no compiler to keep away."""
    return lambda f: f


def _view_as_real(params: list[Tensor], *state_and_grads: list[Tensor]) -> None:
    """Replaces complex tensors by real views of them: in ``params`` and, at the same places, in the other lists."""
    for i, p in enumerate(params):
        if p.is_complex():
            for tensors in (params, *state_and_grads):
                tensors[i] = zanjir.view_as_real(tensors[i])


def _get_capturable_supported_devices(supports_xla: bool = True) -> list[str]:
    """The devices that have graphs to capture a step in."""
    return ["cuda", "xpu", "hpu", "privateuseone", *(["xla"] if supports_xla else [])]


def _get_fused_kernels_supported_devices() -> list[str]:
    """The devices for which PyTorch has fused kernels."""
    return ["mps", "cuda", "xpu", "hpu", "cpu", "mtia", "privateuseone"]


def _device_dtype_check_for_fused(p: Tensor, cuda_unsupported: bool = False) -> None:
    """Raises RuntimeError where ``p`` is not a floating point tensor."""
    if not p.is_floating_point():
        devices = [d for d in _get_fused_kernels_supported_devices() if d != "cuda" or not cuda_unsupported]
        raise RuntimeError(
            "`fused=True` requires all the params to be floating point Tensors of supported devices: "
            f"{devices} but {p.dtype} and {p.device.type}"
        )


# ---------------------------------------------------------------------- hooks


def _register(hooks: Hooks, hook: Any, prepend: bool = False) -> Handle:
    """Adds ``hook`` as the last of ``hooks``, or as the first."""
    earlier = dict(hooks) if prepend else {}
    handle = Handle(hooks, hook)
    for key, other in earlier.items():  # what is entered again comes last
        del hooks[key]
        hooks[key] = other
    return handle


def register_optimizer_step_pre_hook(hook: GlobalOptimizerPreHook) -> Handle:
    """Calls ``hook(optimizer, args, kwargs)`` before every step of every optimizer.

    Args:
        hook: a pair ``(args, kwargs)`` that it returns replaces the step's arguments; ``args[0]`` is the optimizer.

    Returns:
        A handle, whose ``remove()`` takes the hook away.
    """
    return _register(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: GlobalOptimizerPostHook) -> Handle:
    """Calls ``hook(optimizer, args, kwargs)`` after every step of every optimizer; a handle takes it away."""
    return _register(_global_optimizer_post_hooks, hook)


_HOOKS = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)


class Optimizer:
    """The base class of optimizers. A subclass calls ``super().__init__(params, defaults)`` and defines ``step``.

    Attributes:
        param_groups: dicts: the tensors of a group under ``"params"``, its options under their names.
        state: for every parameter a dict of what the algorithm remembers of it, such as a running mean of gradients.
        defaults: the options of a group that gives none.

    Args:
        params: the tensors to optimize, or pairs ``(name, tensor)``, or dicts, one a group.
        defaults: the options.

    Raises:
        TypeError: if ``params`` is one tensor, or anything in it is no tensor, or a group's tensors are a set.
        ValueError: if there are no parameters, one is not a leaf or stands in two groups, an option marked ``required``
            is missing, or only some have names.

    >>> import zanjir
    >>> class SignDescent(zanjir.optim.Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     @zanjir.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p -= group["lr"] * p.grad.sign()
    >>> w = zanjir.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([w])
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.9000, -1.9000], requires_grad=True)
    """

    OptimizerPreHook: TypeAlias = Callable[[Any, Args, Kwargs], tuple[Args, Kwargs] | None]
    OptimizerPostHook: TypeAlias = Callable[[Any, Args, Kwargs], None]

    defaults: dict[str, Any]
    state: defaultdict[Any, Any]
    param_groups: list[dict[str, Any]]
    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        for hooks in _HOOKS:
            setattr(self, hooks, Hooks())
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + _typename(params)
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    # ------------------------------------------------------------------ the step

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss; most algorithms do without.

        Returns:
            What the closure returned, or ``None``.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters.

        Args:
            set_to_none: make every ``.grad`` ``None``, so that a parameter that gets no gradient is left alone by the
                next step. ``False``: fill them with zeros, detached from any graph.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                    continue
                grad = p.grad
                if grad is not None:
                    if grad.grad_fn is not None:
                        grad.detach_()
                    else:
                        grad.requires_grad_(False)
                    grad.zero_()

    @staticmethod
    def profile_hook_step(func: F) -> F:
        """``func``, a ``step``, with the hooks around it."""

        @functools.wraps(func)
        def hooked(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            if not (
                self._optimizer_step_pre_hooks
                or self._optimizer_step_post_hooks
                or _global_optimizer_pre_hooks
                or _global_optimizer_post_hooks
            ):
                return func(*args, **kwargs)
            for hook in [*_global_optimizer_pre_hooks.values(), *self._optimizer_step_pre_hooks.values()]:
                result = hook(self, args, kwargs)
                if result is not None:
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(
                            f"{func} must return None or a tuple of (new_args, new_kwargs), but got {result}."
                        )
                    args, kwargs = result
            out = func(*args, **kwargs)
            for hook in [*self._optimizer_step_post_hooks.values(), *_global_optimizer_post_hooks.values()]:
                hook(self, args, kwargs)
            return out

        return hooked  # type: ignore[return-value]

    def _patch_step_function(self) -> None:
        """Puts the hooks around the ``step`` of this class, once."""
        cls: Any = type(self)
        if not getattr(cls.step, "hooked", None):
            cls.step = self.profile_hook_step(cls.step)
            cls.step.hooked = True

    def _accelerator_graph_capture_health_check(self) -> None:
        """Nothing to check: a CPU captures no graphs. (Optimizers written for PyTorch call it.)"""

    _cuda_graph_capture_health_check = _accelerator_graph_capture_health_check

    # ------------------------------------------------------------------ hooks

    def register_step_pre_hook(self, hook: OptimizerPreHook) -> Handle:
        """Calls ``hook(optimizer, args, kwargs)`` before a step; a pair ``(args, kwargs)`` it returns replaces them.

        Returns:
            A handle, whose ``remove()`` takes the hook away.
        """
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: OptimizerPostHook) -> Handle:
        """Calls ``hook(optimizer, args, kwargs)`` after a step."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[[Optimizer], None], prepend: bool = False) -> Handle:
        """Calls ``hook(optimizer)`` before :meth:`state_dict`; with ``prepend`` before all other hooks."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[[Optimizer, StateDict], StateDict | None], prepend: bool = False
    ) -> Handle:
        """Calls ``hook(optimizer, state_dict)`` on what :meth:`state_dict` made; a dict it returns replaces that."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[[Optimizer, StateDict], StateDict | None], prepend: bool = False
    ) -> Handle:
        """Calls ``hook(optimizer, state_dict)`` before :meth:`load_state_dict`; a dict it returns is loaded instead."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[[Optimizer], None], prepend: bool = False) -> Handle:
        """Calls ``hook(optimizer)`` after :meth:`load_state_dict`."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    # ------------------------------------------------------------------ saving and loading

    def state_dict(self) -> StateDict:
        """The state and the options, without the parameters: what to save beside a model, in PyTorch's layout.

        Returns:
            ``{"state": {number: {...}}, "param_groups": [{..., "params": [numbers]}]}``. Parameters are numbered in the
            order of the groups. The tensors are the optimizer's own, not copies.

        >>> import zanjir
        >>> w = zanjir.tensor(1.0, requires_grad=True)
        >>> optimizer = zanjir.optim.SGD([w], lr=0.5, momentum=0.9)
        >>> (w * 3).backward()
        >>> optimizer.step()
        >>> optimizer.state_dict()["state"]
        {0: {'momentum_buffer': tensor(3.)}}
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        count = 0
        groups = []
        for group in self.param_groups:
            for i, p in enumerate(group["params"], count):
                numbers.setdefault(id(p), i)
            count += len(group["params"])
            packed = {key: value for key, value in group.items() if key != "params"}
            groups.append({**packed, "params": [numbers[id(p)] for p in group["params"]]})
        state = {(numbers[id(p)] if isinstance(p, Tensor) else p): values for p, values in self.state.items()}
        result: StateDict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replaced = hook(self, result)
            if replaced is not None:
                result = replaced
        return result

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Goes on where the optimizer that gave ``state_dict`` stood.

        Parameters are matched by their place. State takes the dtype of its parameter, except ``step``.

        Raises:
            ValueError: if there are more or fewer groups, or parameters in a group.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = hook(self, state_dict)
            if replaced is not None:
                state_dict = replaced
        groups = self.param_groups
        saved = deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if [len(group["params"]) for group in groups] != [len(group["params"]) for group in saved]:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        numbers = chain.from_iterable(group["params"] for group in saved)
        params = dict(zip(numbers, chain.from_iterable(group["params"] for group in groups), strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number in params:
                p = params[number]
                state[p] = _fitted(p, values, number, state_dict["param_groups"])
            else:
                state[number] = values
        for group, loaded in zip(groups, saved, strict=True):
            loaded["params"] = group["params"]
            if "param_names" in group:
                loaded.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    @staticmethod
    def _process_value_according_to_param_policy(
        param: Tensor, value: Tensor, param_id: int, param_groups: list[dict[Any, Any]], key: Any = None
    ) -> Tensor:
        """A tensor of the state in the dtype it is to have: its parameter's, but steps are counted in their own."""
        if key != "step":
            return value.to(dtype=param.dtype) if param.is_floating_point() else value
        group = next((group for group in param_groups if param_id in group["params"]), {})
        if group.get("capturable", False) or group.get("fused", False):
            return value.to(dtype=dtypes.float32)
        return value

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for hooks in _HOOKS:
            if hooks not in self.__dict__:
                setattr(self, hooks, Hooks())
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    # ------------------------------------------------------------------ groups

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group of parameters.

        Args:
            param_group: tensors (or one tensor, or pairs ``(name, tensor)``) under ``"params"``, and options, by their
                names, where they differ from the defaults. The dict itself is completed and kept.

        Raises:
            TypeError, ValueError: as the constructor.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                "will change between runs. Please use a list instead."
            )
        given = [params] if isinstance(params, Tensor) else list(params)
        params = param_group["params"] = [p[1] if isinstance(p, tuple) else p for p in given]
        names = [p[0] for p in given if isinstance(p, tuple)]
        if names:
            if len(names) != len(params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError("optimizer can only optimize Tensors, but one of the params is " + _typename(p))
            if not (self.defaults.get("differentiable") or p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        unique = set(params)
        if len(params) != len(unique):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                which = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {which} to the optimizer"
                )
        if any(not unique.isdisjoint(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)


def _fitted(param: Tensor, value: Any, number: Any, groups: list[dict[str, Any]], key: Any = None) -> Any:
    """A value of a saved state, with every tensor in it in the dtype it is to have beside ``param``."""
    if isinstance(value, Tensor):
        return Optimizer._process_value_according_to_param_policy(param, value, number, groups, key)
    if isinstance(value, dict):
        return {k: _fitted(param, v, number, groups, k) for k, v in value.items()}
    if isinstance(value, Iterable):
        return type(value)(_fitted(param, v, number, groups) for v in value)  # type: ignore[call-arg]
    return value


def _typename(value: Any) -> str:
    """The type of a value, or the full name of a class or function, as PyTorch's messages give it."""
    if isinstance(value, Tensor):
        return str(value.type())
    named = value if hasattr(value, "__qualname__") or hasattr(value, "__name__") else type(value)
    name = str(getattr(named, "__qualname__", None) or named.__name__)
    module = (getattr(value, "__module__", "") if named is value else named.__module__) or ""
    return name if module in ("", "builtins") else f"{module}.{name}"
