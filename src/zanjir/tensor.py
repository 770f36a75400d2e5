"""``Tensor``: a NumPy array and what autograd knows about it.

Operators are not written here: they are declared in ``ops/`` and attach themselves as methods. This file holds what a
tensor *is*: its memory, its place in the graph, and how Python's own protocols see it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import dtypes
from ._methods import Operators
from .device import cpu as CPU
from .device import device as Device
from .layout import contiguous_format, in_format, is_dense, layout, strided
from .node import AccumulateGrad, Handle, Hooks, Node, Output, TensorHooks, Version, fresh_version, function_of
from .size import Size

ndarray = np.ndarray
_OF = dtypes._BY_NUMPY


#: How messages from the depths of PyTorch call the dtypes.
_CPP = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "bool": "bool",
    "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int", "int64": "long int",
    "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


class Late:
    """What a tensor calls that is defined further up: bound once, by the module that defines it."""

    backward: Callable[..., None]
    replay: Callable[[Tensor], None]
    legacy: Callable[..., Tensor]


late = Late()


class Meta:
    """What few tensors have: hooks on a leaf, a retained gradient, the accumulator somebody looked at."""

    __slots__ = ("accumulator", "hooks", "post_hooks", "retains")

    def __init__(self) -> None:
        self.accumulator: weakref.ref[AccumulateGrad] | None = None
        self.hooks: Hooks | None = None  # of a leaf; those of other tensors live with their node
        self.post_hooks: Hooks | None = None  # after a leaf's gradient was accumulated
        self.retains = False


class Tensor(Operators):
    """An n-dimensional array that can record what happens to it and differentiate it.

    ``zanjir.tensor(data)`` makes one from numbers; ``Tensor(...)`` is the legacy spelling, always of the default dtype.

    >>> import zanjir
    >>> w = zanjir.tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 4.])
    """

    # _array    the elements
    # _node     the edge to what made this tensor: a Node, an Output, or None for a leaf
    # _rg       whether a gradient may flow through it: it has a _node, or is a leaf that asks for one
    # _grad     the gradient accumulated so far
    # _counter  the counter of in-place writes; None until somebody needs one, which means 0
    # _base     the tensor this one is a view of, or None; only a view has the next two:
    # _kind     None, or why it must not be written in place while gradients are recorded: see ops/views.py
    # _seen     the version of the base at which _node was right
    # _meta     see Meta
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_array",
        "_base",
        "_counter",
        "_grad",
        "_kind",
        "_meta",
        "_node",
        "_rg",
        "_seen",
    )

    _array: np.ndarray[Any, Any]
    _node: Node | Output | None
    _rg: bool
    _grad: Tensor | None
    _counter: Version | None
    _base: Tensor | None
    _kind: str | None
    _seen: int
    _meta: Meta | None

    #: NumPy asks the right operand first if this is higher than its own 0.
    __array_priority__ = 1000

    def __new__(cls, *args: Any, **kwargs: Any) -> Tensor:
        return late.legacy(cls, *args, **kwargs)

    # ------------------------------------------------------------------ what it is

    @property
    def shape(self) -> Size:
        """The length of every dimension."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return _OF[self._array.dtype]

    @property
    def device(self) -> Device:
        """Where the elements are: always ``cpu``."""
        return CPU

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def itemsize(self) -> int:
        """Bytes an element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements together."""
        return self._array.nbytes

    @property
    def layout(self) -> layout:
        """How it is stored: always ``strided``."""
        return strided

    is_cuda = is_sparse = is_quantized = is_meta = is_mps = is_xpu = is_mkldnn = is_nested = is_sparse_csr = False
    is_cpu = True
    names: Any = property(lambda self: (None,) * self._array.ndim)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of dimension ``dim``."""
        if dim is None:
            return Size(self._array.shape)
        return self._array.shape[_dimension(dim, self._array.ndim)]

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes an element."""
        return self._array.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the dtype is a complex one."""
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        """Whether the dtype has negative numbers."""
        return self.dtype.is_signed

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference mode."""
        return self.__dict__.get("_inference", False)

    def is_conj(self) -> bool:
        """Whether conjugation is pending; zanjir conjugates at once, so never."""
        return False

    is_neg = is_conj

    def get_device(self) -> int:
        """The index of the GPU: -1, the tensor is on the CPU."""
        return -1

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in memory in order, without gaps; the order of ``memory_format``, if one is
        given."""
        if memory_format is not None and memory_format is not contiguous_format:
            return in_format(self._array, memory_format)
        return bool(self._array.flags.c_contiguous)

    def stride(self, dim: int | None = None) -> Any:
        """How many elements to jump for one step along each dimension, or along ``dim``."""
        strides = _strides(self._array, self._base is not None)
        return strides if dim is None else strides[_dimension(dim, self._array.ndim)]

    def storage_offset(self) -> int:
        """Where in its memory the first element lies, counted in elements."""
        owner = _owner(self._array)
        return (_address(self._array) - _address(owner)) // self._array.itemsize if self._array.size else 0

    def data_ptr(self) -> int:
        """The address of the first element; 0 where there is none."""
        return _address(self._array) if self._array.size else 0

    # ------------------------------------------------------------------ its place in the graph

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is to be computed for this tensor. May be set on a leaf."""
        base = self._base
        if base is None:
            return self._rg
        if self._kind is None:
            refresh(self)
        return self._rg or base._rg

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and self._node is None and self.dtype.category < dtypes.FLOATING:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Asks for a gradient (or no longer does) and returns the tensor itself.

        Raises:
            RuntimeError: if the dtype is neither floating nor complex, or gradients are switched off on a non-leaf.
        """
        if self._node is not None:
            if not requires_grad:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                    "in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
                )
            return self
        if requires_grad and self.dtype.category < dtypes.FLOATING:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        self._rg = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user rather than by a recorded operator."""
        if self._base is not None:
            refresh(self)
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operator that made this tensor; ``None`` for a leaf."""
        if self._base is not None:
            refresh(self)
        return None if self._node is None else function_of(self._node)[0]

    @property
    def output_nr(self) -> int:
        """Which output of its node this tensor is."""
        return self._node.index if isinstance(self._node, Output) else 0

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward`` accumulated, or ``None``."""
        if self._grad is None and self._node is not None and not (self._meta is not None and self._meta.retains):
            import warnings

            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't "
                "be populated during autograd.backward(). If you indeed want the .grad field to be populated for a "
                "non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
                "mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 "
                "for more "
                "information.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is None:
            self._grad = None
            return
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value._array.dtype != self._array.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{_CPP[value.dtype.name]}' to a tensor with grad_dtype "
                f"'{self.dtype.legacy}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's "
                "dtype). "
                "You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set "
                "grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may break downstream "
                "systems "
                "that assume they match."
            )
        if value._array.shape != self._array.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph: writes to it are neither recorded nor counted. May be assigned."""
        return wrap(self._array)

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._rg and value.dtype.category < dtypes.FLOATING:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array = value._array

    @property
    def _version(self) -> int:
        return 0 if self._counter is None else self._counter.n

    @property
    def retains_grad(self) -> bool:
        """Whether a non-leaf keeps its gradient in ``.grad``."""
        return self._node is not None and self._meta is not None and self._meta.retains

    def _is_view(self) -> bool:
        return self._base is not None

    def _autograd(self) -> Meta:
        if self._meta is None:
            self._meta = Meta()
        return self._meta

    def _tensor_hooks(self) -> TensorHooks:
        """Of a non-leaf: the hooks its node keeps for this output."""
        assert self._node is not None
        node, index = function_of(self._node)
        assert node is not None
        return node.more().tensors.setdefault(index, TensorHooks())

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Calls ``hook(grad)`` when the gradient of this tensor is known; a tensor it returns replaces the gradient.

        Raises:
            RuntimeError: if the tensor does not require grad.

        >>> import zanjir
        >>> x = zanjir.tensor(3.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * 2).backward(); x.grad
        tensor(20.)
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is not None:
            return Handle(self._tensor_hooks().hooks, hook)
        meta = self._autograd()
        if meta.hooks is None:
            meta.hooks = Hooks()
        return Handle(meta.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Handle:
        """Calls ``hook(tensor)`` after a gradient was added into ``tensor.grad``; for leaves only."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._node is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        meta = self._autograd()
        if meta.post_hooks is None:
            meta.post_hooks = Hooks()
        return Handle(meta.post_hooks, hook)

    def retain_grad(self) -> None:
        """Makes a non-leaf keep its gradient in ``.grad``, as leaves do."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._node is not None:
            self._tensor_hooks().retain = weakref.ref(self)
            self._autograd().retains = True

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Adds into ``.grad`` of every leaf the gradient of this tensor.

        Args:
            gradient: the gradient of some final result with respect to this tensor, of its shape; a scalar needs none.
            retain_graph: keep what was saved, so that backward can run again; by default as ``create_graph``.
            create_graph: record the walk itself, so that the gradients can be differentiated.
            inputs: accumulate into these only.

        Raises:
            RuntimeError: if nothing here requires grad, the tensor is not a scalar and no gradient is given, the
                gradient has another shape, or the graph was walked and freed before.
        """
        late.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    # ------------------------------------------------------------------ out to Python and NumPy

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises:
            RuntimeError: if there are several, or none.
        """
        if self._array.size != 1:
            raise RuntimeError(f"a Tensor with {self._array.size} elements cannot be converted to Scalar")
        value = self._array.item()
        return value if value.__class__ in _NUMBERS else float(value)  # ml_dtypes' own scalars

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers; a number for a 0-dim tensor."""
        array = self._array
        return (array.astype(np.float32) if array.dtype.kind == "V" else array).tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """The elements as a NumPy array that shares their memory.

        Args:
            force: detach (and resolve) first where needed.

        Raises:
            RuntimeError: if the tensor requires grad and ``force`` is not set.
        """
        if not force and self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self._array.dtype.kind == "V":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._array.view()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError("Unable to avoid copy while creating an array as requested.")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        from .ops.protocol import ufunc as call

        return call(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from .ops.protocol import function as call

        return call(func, args, kwargs)

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return self._array.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._array.__dlpack_device__()
        return device

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def conjugate(self) -> Tensor:
        """As :meth:`conj`; the name NumPy's arrays and Python's numbers have for it, which derivative rules use."""
        return self.conj() if self._array.dtype.kind == "c" else self

    def __reversed__(self) -> Tensor:
        return self.flip(0) if self._array.ndim else self

    def __bool__(self) -> bool:
        if self._array.size != 1:
            if not self._array.size:
                raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self._array.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iub":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, (Tensor, int, float, complex, np.generic)):
            return bool((self == element).any())
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")

    __hash__ = object.__hash__  # by identity; ``==`` compares elements

    def __format__(self, spec: str) -> str:
        from .printing import tensor_format

        return tensor_format(self, spec)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        from .printing import tensor_repr

        return tensor_repr(self, tensor_contents=tensor_contents)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self)})

    # ------------------------------------------------------------------ copies

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  "
                "If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm "
                "usage, "
                "see https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            twin: Tensor = memo[id(self)]
            return twin
        import copy

        # Tensors that share memory do so afterwards: the memory as a whole is copied, once.
        place: list[Any]
        owner, *place = _place(self._array)
        twin = memo[id(self)] = wrap(_look(copy.deepcopy(owner, memo), *place), type(self))
        twin._rg = self._rg
        if self._grad is not None:
            twin._grad = copy.deepcopy(self._grad, memo)
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def __reduce_ex__(self, protocol: Any) -> Any:
        owner, *place = _place(self._array)
        # Each tensor is pickled with memory of its own, as in PyTorch: a view of it, so that pickle does not know it
        # again.
        return rebuild, (type(self), owner.view(), *place, self.requires_grad, dict(self.__dict__))


_NUMBERS = frozenset((float, int, bool, complex))
new = object.__new__


def wrap(array: np.ndarray[Any, Any], cls: type[Tensor] = Tensor) -> Tensor:
    """A leaf tensor on ``array``, sharing its memory, that asks for no gradient."""
    t = new(cls)
    t._array = array
    t._rg = False
    t._node = t._grad = t._counter = t._base = t._meta = None
    return t


def rebuild(
    cls: type[Tensor], memory: Any, dtype: dtypes.dtype, start: int, shape: tuple[int, ...], strides: tuple[int, ...],
    requires_grad: bool, attributes: dict[str, Any],
) -> Tensor:  # fmt: skip
    """What unpickling and ``copy.copy`` call."""
    t = wrap(_look(memory, dtype, start, shape, strides), cls)
    t._rg = requires_grad
    t.__dict__.update(attributes)
    return t


def version_of(t: Tensor) -> Version:
    """The counter of in-place writes to the memory of ``t``; made at the first call.

    Few outputs are ever written in place, so one that its node keeps for the derivative gets its counter here and not
    when it is made; the node is told of it.
    """
    counter = t._counter
    if counter is None:
        kept = getattr(t._node, "kept", None)
        if kept is not None and kept[0] is t._array:
            counter = kept[1]
            if counter is None:
                counter = kept[1] = fresh_version()
        else:
            counter = fresh_version()
        t._counter = counter
    return counter


def refresh(view: Tensor) -> None:
    """Brings a view's place in the graph up to date, if its base was written in place since.

    The base's new history includes that write, so the view's is: the base, then where in it the view lies.
    """
    counter = view._counter
    assert counter is not None
    if counter.n != view._seen and (view._node is not None or view._base._rg):  # type: ignore[union-attr]
        late.replay(view)


def _dimension(dim: int, ndim: int) -> int:
    """``dim`` counted from the front; what PyTorch raises where there is no such dimension."""
    bound = ndim or 1
    if not -bound <= dim < bound:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got {dim})")
    return dim + bound if dim < 0 else dim


def _strides(array: np.ndarray[Any, Any], view: bool = False) -> tuple[int, ...]:
    """Strides in elements. For dimensions of length 0 or 1 NumPy's may be anything; a contiguous array gets PyTorch's.

    Those of a view are what its operator made them, and so are those of an array that looks into another.
    """
    if array.flags.c_contiguous and (not array.size or 1 in array.shape):
        given = array.strides
        lost = not array.size and not any(given)  # NumPy has none for a new array without elements
        if array.base is None or lost or (0 in given and not view):
            strides, step = [], 1
            for length in reversed(array.shape):
                strides.append(step)
                step *= max(length, 1)
            return tuple(reversed(strides))
    item = array.itemsize
    return tuple(s // item for s in array.strides)


def _address(array: np.ndarray[Any, Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _owner(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array whose memory ``array`` looks into."""
    while True:
        base = array.base
        if not isinstance(base, ndarray):
            # A view by address (NumPy's ``as_strided``, and ours) has an object between itself and what it looks into;
            # so has one that NumPy's iterator gave.
            base = base.operands[0] if isinstance(base, np.nditer) else getattr(base, "base", None)
            if not isinstance(base, ndarray):
                return array
        array = base


def _place(array: np.ndarray[Any, Any]) -> tuple[Any, dtypes.dtype, int, tuple[int, ...], tuple[int, ...]]:
    """The memory that ``array`` looks into, and where in it: dtype, start in bytes, shape, strides in bytes."""
    owner = _owner(array)
    if not is_dense(owner) or not array.size:
        owner = array = array.copy("K")
    return owner, _OF[array.dtype], _address(array) - _address(owner), array.shape, array.strides


def _look(
    memory: np.ndarray[Any, Any], dtype: dtypes.dtype, start: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> np.ndarray[Any, Any]:
    """The array in ``memory`` that :func:`_place` describes."""
    if not memory.size:
        return np.ndarray(shape, dtype.numpy, strides=strides)
    if memory.shape == shape and memory.strides == strides and memory.dtype == dtype.numpy:
        return memory if memory.dtype is dtype.numpy else memory.view(dtype.numpy)
    return np.ndarray(shape, dtype.numpy, memory.ravel("K").view(np.uint8), start, strides)
