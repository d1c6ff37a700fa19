"""One Python source: a digest of what it does, and the imports that it runs."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Import:
    """`import module`, or `from <level dots>module import names`."""

    module: str
    names: tuple[str, ...] = ()
    level: int = 0


@dataclass(frozen=True)
class Source:
    """`digest`: 12 hex digits of sha256 over the code alone. `imports`: in the order of the text."""

    digest: str
    imports: tuple[Import, ...]


@lru_cache(maxsize=4096)
def read_source(text: bytes) -> Source:
    """Parses a source. Two sources that differ in comments, docstrings or layout have the same digest.

    Raises:
        SyntaxError: not Python.
    """
    tree = ast.parse(text)
    imports = tuple(_imports(tree))
    bare = ast.unparse(ast.fix_missing_locations(_WithoutText().visit(tree)))
    return Source(hashlib.sha256(bare.encode()).hexdigest()[:12], imports)


class _WithoutText(ast.NodeTransformer):
    """Drops strings that stand alone as statements: docstrings, and those that describe an attribute."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list) and statements:
                kept = [statement for statement in statements if not _is_text(statement)]
                setattr(node, name, kept if kept or isinstance(node, ast.Module) else [ast.Pass()])
        return node


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imports(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield Import(node.module or "", tuple(alias.name for alias in node.names), node.level)
    elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        for statement in node.orelse:
            yield from _imports(statement)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imports(child)
