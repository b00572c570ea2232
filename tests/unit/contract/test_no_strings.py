"""Names of the contract are strings only in the contract; all other code uses its classes.

A name with a dot or an underscore (`batch.progress`, `not_found`) is the contract's wherever it stands. A name that is
an ordinary word, too (`path`, `busy`), counts where it is used as the contract's: as the operation of a call, as the
key of a handler, where a code is compared or set, and beside another code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.embedding import Embedding
from contract.errors import ERRORS
from contract.events import EVENTS
from contract.library import Library
from contract.mesh import Management
from contract.operation import operations_of
from contract.search import Search
from contract.warnings import WarningCode
from contract.worker import PrivateWorker
from tests.harness.places import REPOSITORY

ROOT = REPOSITORY
#: Top folders that may write the names.
EXEMPT = {"contract", "tests"}
OPERATIONS = {
    operation.name
    for service in (Embedding, Library, Management, PrivateWorker, Search)
    for operation in operations_of(service)
}
CODES = {*ERRORS, *(code.value for code in WarningCode)}
NAMES = OPERATIONS | set(EVENTS) | CODES
WORDS = {name for name in NAMES if "." not in name and "_" not in name}
#: Methods whose second argument is an operation.
CALLS = {"call", "submit"}
#: Arguments, attributes, class variables and keys that hold an operation or a code.
HOLDERS = {"op", "code", "codes", "error", "topic"}
#: Makers of the entries of a service's table.
HANDLERS = {"Operation", "single", "served"}


def findings(source: str) -> list[tuple[int, str]]:
    """Line and name of each string that belongs to the contract."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    prose = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose]
    named = [node for node in strings if isinstance(node.value, str) and node.value in NAMES]
    return sorted(
        (node.lineno, str(node.value)) for node in named if node.value not in WORDS or _is_used_as_name(node, parents)
    )


def _is_used_as_name(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    match parents[node]:
        case ast.Tuple() | ast.List() | ast.Set() as container:
            used = _has_a_code(container, node) or _is_used_as_name(container, parents)
        case ast.Starred() as starred:
            used = _is_used_as_name(starred, parents)
        case ast.Call() as call:
            used = _is_operation_of(call, node)
        case ast.keyword(arg=name):
            used = name in HOLDERS
        case ast.Compare(left=left, comparators=others):
            used = any(map(_holds, (left, *others)))
        case ast.Dict() as table:
            used = _is_entry(table, node)
        case ast.Assign(targets=targets):
            used = any(map(_holds, targets))
        case ast.AnnAssign(target=target):
            used = _holds(target)
        case _:
            used = False
    return used


def _has_a_code(container: ast.Tuple | ast.List | ast.Set, node: ast.expr) -> bool:
    others = (each.value for each in container.elts if isinstance(each, ast.Constant) and each is not node)
    return any(each in CODES - WORDS for each in others)


def _is_operation_of(call: ast.Call, node: ast.expr) -> bool:
    is_call = isinstance(call.func, ast.Attribute) and call.func.attr.strip("_") in CALLS
    return is_call and len(call.args) > 1 and call.args[1] is node


def _is_entry(table: ast.Dict, node: ast.expr) -> bool:
    """A key of a table of handlers, or the value of a key that holds a name."""
    for key, value in zip(table.keys, table.values, strict=True):
        if key is node and isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return value.func.id in HANDLERS
        if value is node:
            return isinstance(key, ast.Constant) and key.value in HOLDERS
    return False


def _holds(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in HOLDERS
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value in HOLDERS
    if isinstance(node, ast.Call):
        asks = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
        return asks and bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value in HOLDERS
    return isinstance(node, ast.Name) and node.id.casefold() in HOLDERS


def sources() -> Iterator[Path]:
    for package in sorted(ROOT.glob("*/__init__.py")):
        if package.parent.name not in EXEMPT:
            yield from sorted(package.parent.rglob("*.py"))


def test_names_of_the_contract_are_written_there_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}" for path in sources() for line, name in findings(path.read_text())
    ]
    assert not found, "use the contract's class in place of its name:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        'client.call("library", "batch.progress", {})',
        'mesh.submit("search", "path", {})',
        'await self._mesh.call("search", "distinct", params)',
        'await self._call("search", "interests", **params)',
        'topics = ("batch.track",)',
        'if error.code == "busy": pass',
        'if error.code in {"busy", "x"}: pass',
        'if "internal" == row["code"]: pass',
        'if answer.get("code") == "internal": pass',
        'CODES = ("busy", "no_worker")',
        'class Full(MeshError): code = "busy"',
        'table = {"recommend": single(answer)}',
        'told = {"code": "busy", "message": text}',
        'Endpoint("POST", "/", handler, codes=("conflict",))',
        'output.fail(text, 1, error="internal")',
        'Call(op="path")',
        'warnings.append(("no_seeds", text))',
    ],
)
def test_what_is_found(line: str) -> None:
    assert findings(line)


@pytest.mark.parametrize(
    "line",
    [
        'def progress():\n    """batch.progress"""',
        'row["path"]',
        'track = {"path": path, "title": title}',
        'parser.add_argument("path")',
        'if kind == "path": pass',
        'request.match_info["recommend"]',
        'state = "busy"',
        'COLUMNS = ("id", "path", "title")',
        'client.call(Library.service, Library.progress.name, "path")',
        'word = "batch.progresses"',
    ],
)
def test_what_is_no_name_of_the_contract(line: str) -> None:
    assert not findings(line)
