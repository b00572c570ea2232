"""The constructor of a message, written when the first one is made.

`dataclass` writes it, and two methods more for a frozen class, when the class is defined, which takes most of the time
to import the contract; most processes make messages of few types.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, Final

#: Stands for a field that the caller leaves to its factory.
_UNGIVEN: Final = object()


def construct(self: Any, **values: Any) -> None:
    """The `__init__` of a class whose constructor has not been written yet. Writes it and calls it."""
    kind = type(self)
    kind.__init__ = _written(kind)
    kind.__init__(self, **values)


def _written(kind: type[Any]) -> Any:
    """Returns the constructor of a dataclass with slots: keyword-only arguments, defaults and factories."""
    scope: dict[str, Any] = {"UNGIVEN": _UNGIVEN}
    parameters, lines = ["self"], ["pass"]
    for field in fields(kind):
        name = field.name
        scope[f"set_{name}"] = getattr(kind, name).__set__  # the slot itself: messages refuse assignments
        scope[f"default_{name}"], scope[f"make_{name}"] = field.default, field.default_factory
        if field.default_factory is not MISSING:
            parameters.append(f"{name}=UNGIVEN")
            lines.append(f"set_{name}(self, make_{name}() if {name} is UNGIVEN else {name})")
        else:
            parameters.append(name if field.default is MISSING else f"{name}=default_{name}")
            lines.append(f"set_{name}(self, {name})")
    if len(parameters) > 1:
        parameters.insert(1, "*")
    exec(f"def __init__({', '.join(parameters)}):\n  " + "\n  ".join(lines), scope)
    written = scope["__init__"]
    written.__qualname__ = f"{kind.__qualname__}.__init__"
    return written
