"""What a pickle would build, told from its instructions: none of its code is imported or run.

A :class:`Walk` keeps the stack and the memo that an unpickler would keep, with symbols on them
instead of objects. It holds no more than the pickle is long.
"""

import io
import pickletools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_INSTRUCTIONS = 500_000
"""How far a pickle is followed: a few seconds, or the state dict of some 15,000 tensors."""

UNKNOWN = "?"
"""The name of a global that the pickle does not spell out."""

# A name out of the memo costs the pickle two bytes, but us its whole length.
_LONGEST_NAME = 500

# Of a tuple that holds tuples out of the memo, a pickle of some hundred bytes can make one of more
# values than there are atoms, or one so deep that whoever looks at it crashes: as a key, it is
# looked at. What torch.save writes has some twenty values in four levels.
_MOST_VALUES, _MOST_LEVELS = 10_000, 50

_MOST_NAMES = 10_000
_MOST_ZEROS = 2**20
_CODECS = ("latin1", "latin-1", "utf-8", "ascii")

# What Python 2 called the modules; torch renames them before it looks into its own list.
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}

_OPCODES = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}


class BrokenPickle(ValueError):
    """No unpickler could follow it; the message says where it breaks."""


class LongPickle(ValueError):
    """It has more than ``MAX_INSTRUCTIONS`` instructions."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """An object of which nothing is known, such as a list."""


OPAQUE = Opaque()
"""The one opaque object: nobody needs to tell two of them apart."""


@dataclass(frozen=True, slots=True)
class Global:
    """A function or class, ``module.name``."""

    name: str


# Compared by identity: to compare what these hold could take longer than the universe has.
@dataclass(frozen=True, eq=False, slots=True)
class Persistent:
    """An object that lies outside of the pickle."""

    identity: object


@dataclass(eq=False, slots=True)
class Entries:
    """A dict or OrderedDict: its pairs in the order in which they were set, the last one counts."""

    pairs: list[tuple[object, object]] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Call:
    """What a function or class returned; ``changed`` if its state was set afterwards."""

    function: str
    arguments: tuple[object, ...]
    changed: bool = False


class Tuple(tuple[object, ...]):
    """A tuple that knows how many values it holds, those of the tuples in it included."""

    values: int
    levels: int


def _tuple(items: Iterable[object]) -> Tuple:
    made = Tuple(items)
    inner = [item for item in made if isinstance(item, Tuple)]
    made.values = len(made) - len(inner) + sum(item.values for item in inner)
    made.levels = 1 + max((item.levels for item in inner), default=0)
    if made.values > _MOST_VALUES or made.levels > _MOST_LEVELS:
        raise BrokenPickle(
            f"it holds a tuple of more than {_MOST_VALUES:,} values or {_MOST_LEVELS} levels"
        )
    return made


class Walk:
    """A walk along the instructions of a pickle.

    ``names`` are the globals met so far. They are also there after :meth:`run` failed, because
    an unpickler would have imported them before it failed.
    """

    def __init__(self, pickle: bytes) -> None:
        self.names: set[str] = set()
        self._pickle = pickle
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}

    def run(self) -> object:
        """Return what the pickle holds: a symbol, a tuple of them, a string, a number or None.

        Raises ``BrokenPickle``, or ``LongPickle`` if it is too long to be followed.
        """
        stream = io.BytesIO(self._pickle)
        for _ in range(MAX_INSTRUCTIONS):
            opcode, argument = _instruction(stream)
            if opcode.name == "STOP":
                return self._pop()
            self._follow(opcode, argument)
        raise LongPickle(f"it has more than {MAX_INSTRUCTIONS:,} instructions")

    def _follow(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        if (step := _STEPS.get(opcode.name)) is not None:
            step(self, argument)
        elif opcode.arg is not None and opcode.stack_after:
            self._stack.append(argument)
        else:
            self._forget(opcode)

    def _pop(self) -> object:
        self._peek()
        return self._stack.pop()

    def _peek(self) -> object:
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise BrokenPickle("an instruction lacks its operand")
        return self._stack[-1]

    def _pop_mark(self) -> tuple[object, ...]:
        if not self._marks:
            raise BrokenPickle("an instruction lacks its mark")
        start = self._marks.pop()
        items = tuple(self._stack[start:])
        del self._stack[start:]
        return items

    def _pop_some(self, count: int) -> tuple[object, ...]:
        return tuple(reversed([self._pop() for _ in range(count)]))

    def _forget(self, opcode: pickletools.OpcodeInfo) -> None:
        """Follow an instruction of which only the effect on the stack matters."""
        operands = len(opcode.stack_before)
        if pickletools.markobject in opcode.stack_before:
            self._pop_mark()
            operands = opcode.stack_before.index(pickletools.markobject)
        self._pop_some(operands)
        self._stack.extend(OPAQUE for _ in opcode.stack_after)

    def _push_global(self, module: object, name: object) -> None:
        self._stack.append(self._global(module, name))

    def _global(self, module: object, name: object) -> Global:
        known = isinstance(module, str) and isinstance(name, str)
        full = _full_name(str(module), str(name)) if known else UNKNOWN
        self.names.add(full if len(self.names) < _MOST_NAMES else UNKNOWN)
        return Global(full)

    def _call(self, function: object, arguments: object) -> None:
        if not isinstance(function, Global) or not isinstance(arguments, tuple):
            self._stack.append(OPAQUE)
        elif function.name == "collections.OrderedDict" and not arguments:
            self._stack.append(Entries())
        else:
            _refuse_costly(function.name, arguments)
            self._stack.append(Call(function.name, arguments))

    def _inst(self, names: tuple[str, str]) -> None:
        function = self._global(*names)
        self._call(function, self._pop_mark())

    def _obj(self) -> None:
        function, *arguments = self._pop_mark() or (OPAQUE,)
        self._call(function, tuple(arguments))

    def _build(self) -> None:
        self._pop()
        if isinstance(built := self._peek(), Call):
            built.changed = True

    def _set_items(self, items: tuple[object, ...]) -> None:
        if len(items) % 2:
            raise BrokenPickle("a dict has a key without a value")
        if isinstance(target := self._peek(), Entries):
            target.pairs.extend(zip(items[::2], items[1::2], strict=True))

    def _dict(self) -> None:
        items = self._pop_mark()
        self._stack.append(Entries())
        self._set_items(items)

    def _get(self, index: int) -> None:
        if index not in self._memo:
            raise BrokenPickle("it refers to an object that it has not built")
        self._stack.append(self._memo[index])

    def _put(self, index: int) -> None:
        self._memo[index] = self._peek()

    def _pop_or_unmark(self) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._pop()


def _refuse_costly(function: str, arguments: tuple[object, ...]) -> None:
    """Raise ``BrokenPickle`` for a call that is allowed, but takes what memory or time there is."""
    match function, arguments:
        case "builtins.bytearray", (int(size), *_) if size > _MOST_ZEROS:
            raise BrokenPickle(f"it makes more than {_MOST_ZEROS:,} bytes of nothing")
        case "_codecs.encode", (_, codec, *_) if codec not in _CODECS:
            raise BrokenPickle("it encodes text as torch never does")


def _full_name(module: str, name: str) -> str:
    if len(module) + len(name) > _LONGEST_NAME:
        return UNKNOWN
    return f"{_RENAMED.get(module, module)}.{name}"


_Step = Callable[[Walk, Any], object]


def _constant(value: object) -> _Step:
    return lambda walk, _: walk._stack.append(value)


def _tuple_of(count: int) -> _Step:
    return lambda walk, _: walk._stack.append(_tuple(walk._pop_some(count)))


# What a state dict is made of. Any other instruction pushes its argument, or something opaque.
_STEPS: Mapping[str, _Step] = {
    **dict.fromkeys(("BINGET", "GET", "LONG_BINGET"), Walk._get),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "PUT"), Walk._put),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), lambda walk, _: walk._push_global(None, None)),
    **dict.fromkeys(("NEWOBJ", "REDUCE"), lambda walk, _: walk._call(*walk._pop_some(2))),
    "BINPERSID": lambda walk, _: walk._stack.append(Persistent(walk._pop())),
    "BUILD": lambda walk, _: walk._build(),
    "DICT": lambda walk, _: walk._dict(),
    "DUP": lambda walk, _: walk._stack.append(walk._peek()),
    "EMPTY_DICT": lambda walk, _: walk._stack.append(Entries()),
    "EMPTY_TUPLE": _constant(_tuple(())),
    "GLOBAL": lambda walk, names: walk._push_global(*names),
    "INST": Walk._inst,
    "MARK": lambda walk, _: walk._marks.append(len(walk._stack)),
    "MEMOIZE": lambda walk, _: walk._put(len(walk._memo)),
    "NEWFALSE": _constant(False),
    "NEWTRUE": _constant(True),
    "NONE": _constant(None),
    "OBJ": lambda walk, _: walk._obj(),
    "POP": lambda walk, _: walk._pop_or_unmark(),
    "SETITEM": lambda walk, _: walk._set_items(walk._pop_some(2)),
    "SETITEMS": lambda walk, _: walk._set_items(walk._pop_mark()),
    "STACK_GLOBAL": lambda walk, _: walk._push_global(*walk._pop_some(2)),
    "TUPLE": lambda walk, _: walk._stack.append(_tuple(walk._pop_mark())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
}


def _instruction(stream: io.BytesIO) -> tuple[pickletools.OpcodeInfo, Any]:
    position = stream.tell()
    if not (code := stream.read(1)):
        raise BrokenPickle("it ends before its last instruction")
    try:
        opcode = _OPCODES[code]
        return opcode, _argument(opcode, stream)
    except (KeyError, ValueError):
        raise BrokenPickle(f"it has no valid instruction at byte {position:,}") from None


def _argument(opcode: pickletools.OpcodeInfo, stream: io.BytesIO) -> object:
    if opcode.arg is None:
        return None
    # genops would resolve escapes in text, which no unpickler does, and refuse what is not ASCII:
    # the name of a global has to be the one that is imported.
    if opcode.arg.n != pickletools.UP_TO_NEWLINE:
        return opcode.arg.reader(stream)
    if opcode.name in ("GLOBAL", "INST"):
        return _line(stream), _line(stream)
    line = _line(stream)
    if opcode.name in ("GET", "PUT", "INT", "LONG"):
        return line == "01" if line in ("00", "01") else int(line.rstrip("L"))
    return OPAQUE


def _line(stream: io.BytesIO) -> str:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ValueError
    return line[:-1].decode(errors="backslashreplace")
