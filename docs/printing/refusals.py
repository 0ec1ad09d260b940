"""Every refusal in the source: its id, its words in both languages, its way out. Read from the syntax tree."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("core", "cli", "plugins")
BASE = "FlowError"
COMPUTED = "…"


@dataclass(frozen=True, slots=True)
class Words:
    """One text as it stands in the source, with its facts in braces."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One place that says no.

    Args:
        sentences: Several where the source chooses between them; empty where it is put together elsewhere.
        ways_out: In the same manner.
        open_ended: Nothing is said about a way out, not even that there is none (``None``).
        where: ``file:line`` below the root.
    """

    ref: str
    kind: str
    sentences: tuple[Words, ...]
    ways_out: tuple[Words, ...]
    open_ended: bool
    where: str


@cache
def _trees() -> dict[Path, ast.Module]:
    files = sorted(file for top in SOURCES for file in (ROOT / top).rglob("*.py"))
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


@cache
def _nodes() -> dict[Path, tuple[ast.AST, ...]]:
    """Return every node of every tree."""
    return {file: tuple(ast.walk(tree)) for file, tree in _trees().items()}


@cache
def _bases() -> dict[str, tuple[str, str]]:
    """Return error classes by name: their base and the id of the class, if it has one."""
    known: dict[str, tuple[str, str]] = {BASE: ("", "")}
    classes = [node for nodes in _nodes().values() for node in nodes if isinstance(node, ast.ClassDef)]
    for _ in range(6):  # depth of the family
        for node in classes:
            base = next((b.id if isinstance(b, ast.Name) else getattr(b, "attr", "") for b in node.bases), "")
            if base in known:
                own = next((_constant(getattr(n, "value", None)) for n in node.body if _sets(n, "ref")), "")
                known[node.name] = (base, own or known[base][1])
    return known


@cache
def _files() -> dict[int, Path]:
    """Return the file of every node of every tree, by the node's ``id()``."""
    return {id(node): file for file, nodes in _nodes().items() for node in nodes}


@cache
def _functions() -> dict[str, list[ast.FunctionDef]]:
    """Return functions by bare name."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for nodes in _nodes().values():
        for node in nodes:
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
    return found


def _sets(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)


def _constant(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def kind_of(name: str) -> str:
    """Return the class of `serviceflow.errors` an error class descends from."""
    bases = _bases()
    while bases[name][0] not in ("", BASE):
        name = bases[name][0]
    return name


@cache
def refusals() -> list[Refusal]:
    """Return every refusal of the program and its plugins, by id; without those that pass on another's words."""
    gc.disable()  # a million nodes that all stay: looking for garbage among them is half of the time
    try:
        found = [r for file in _trees() for r in (*_raised(file), *_guarded(file)) if r.ref or r.sentences]
    finally:
        gc.enable()
    return sorted(found, key=lambda r: (r.ref, r.where))


def texts(owner: str) -> Iterator[str]:
    """Yield every text in an owner's source, such as ``plugins/studio``, in both languages."""
    for file, nodes in _nodes().items():
        if file.relative_to(ROOT).as_posix().startswith(f"{owner}/"):
            for node in nodes:
                if isinstance(node, ast.Call) and _called(node) in ("T", "plain") and node.args:
                    yield _literal(node.args[0])
                    yield _literal(_keyword(node, "zh"))


# -- errors raised or returned ----------------------------------------------------------------------------------


def _raised(file: Path) -> Iterator[Refusal]:
    for scope in _scopes(_trees()[file]):
        for call in _own_calls(scope.node):
            name = _called(call)
            if name == "__init__" and scope.of_class in _bases() and _is_super(call):
                name = scope.of_class
            elif name not in _bases() or scope.of_class == name or _own_words(name):
                continue
            if call.args and scope.of_class != BASE:
                for ref in _ids(_keyword(call, "ref"), scope.node) or [_bases()[name][1]]:
                    yield _refusal(ref, kind_of(name), call, scope.node)


def _refusal(ref: str, kind: str, call: ast.Call, scope: ast.AST) -> Refusal:
    sentence = call.args[0] if call.args else _keyword(call, "sentence")
    way_out = call.args[1] if len(call.args) > 1 else _keyword(call, "way_out")
    words = _texts(sentence, scope) if sentence is not None else ()
    ways = _texts(way_out, scope) if way_out is not None else ()
    return Refusal(ref, kind, words, ways, way_out is None, _where(_files()[id(call)], call))


@cache
def _own_words(name: str) -> bool:
    """Return whether an error class, or one it descends from, brings the sentence itself."""
    while name not in ("", BASE):
        if any(isinstance(n, ast.FunctionDef) and n.name == "__init__" for n in _classes()[name].body):
            return True
        name = _bases()[name][0]
    return False


@cache
def _classes() -> dict[str, ast.ClassDef]:
    return {n.name: n for nodes in _nodes().values() for n in nodes if isinstance(n, ast.ClassDef)}


@dataclass(frozen=True, slots=True)
class _Scope:
    node: ast.AST
    of_class: str


def _scopes(tree: ast.Module) -> Iterator[_Scope]:
    """Yield the module and each function with the class it belongs to."""

    def visit(node: ast.AST, of_class: str) -> Iterator[_Scope]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield _Scope(child, of_class)
            yield from visit(child, child.name if isinstance(child, ast.ClassDef) else of_class)

    yield _Scope(tree, "")
    yield from visit(tree, "")


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _own_calls(child)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_super(call: ast.Call) -> bool:
    inner = getattr(call.func, "value", None)
    return isinstance(inner, ast.Call) and _called(inner) == "super"


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in call.keywords if k.arg == name), None)


def _ids(node: ast.expr | None, scope: ast.AST) -> list[str]:
    """Return the ids an expression may be; ``{}`` stands for a part that is filled in."""
    if node is None:
        return []
    if isinstance(node, ast.JoinedStr):
        return ["".join(_constant(part) or "{}" for part in node.values)]
    found = [_constant(n) for n in _resolved(node, scope) if _constant(n)]
    return [text for text in found if "/" not in text]


def _where(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', 0)}"


# -- words ---------------------------------------------------------------------------------------------------------


def _texts(node: ast.expr, scope: ast.AST, depth: int = 0) -> tuple[Words, ...]:
    """Return the texts an expression may be: a `T`, `plain` words, a choice of these, a local name for one,
    or what a function of ours returns.
    """
    found: dict[Words, None] = {}
    for part in _resolved(node, scope):
        if isinstance(part, ast.Call) and _called(part) == "of" and isinstance(part.func, ast.Attribute):
            found |= dict.fromkeys(_texts(part.func.value, scope, depth))
        elif isinstance(part, ast.Call) and _called(part) == "T" and part.args:
            en, zh = _literal(part.args[0]), _literal(_keyword(part, "zh"))
            found[Words(en, zh)] = None
        elif isinstance(part, ast.Call) and _called(part) == "plain" and part.args:
            words = _literal(part.args[0])
            found[Words(words, words)] = None
        elif isinstance(part, ast.Call) and len(_functions().get(_called(part), ())) == 1 and depth < 3:
            (function,) = _functions()[_called(part)]
            for line in ast.walk(function):
                if isinstance(line, ast.Return) and line.value is not None:
                    found |= dict.fromkeys(_texts(line.value, function, depth + 1))
    return tuple(found)


def _literal(node: ast.expr | None) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_constant(part) or COMPUTED for part in node.values)
    return _constant(node) or COMPUTED


def _resolved(node: ast.expr, scope: ast.AST) -> Iterator[ast.expr]:
    """Yield what an expression may be, following choices and names that the function itself or its module sets."""
    if isinstance(node, ast.IfExp):
        yield from _resolved(node.body, scope)
        yield from _resolved(node.orelse, scope)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _resolved(value, scope)
    elif isinstance(node, ast.Name):
        for value in _assigned(node.id, scope):
            if not isinstance(value, ast.Name):
                yield from _resolved(value, scope)
    else:
        yield node


def _assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    local = [] if isinstance(scope, ast.Module) else ast.walk(scope)
    for node in (*local, *_trees()[_files()[id(scope)]].body):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        named = any(isinstance(target, ast.Name) and target.id == name for target in targets)
        if named and value is not None and isinstance(node, ast.Assign | ast.AnnAssign):
            yield value


# -- guards ----------------------------------------------------------------------------------------------------------


def _guarded(file: Path) -> Iterator[Refusal]:
    if file.relative_to(ROOT).parts[0] != "plugins":
        return
    plugin = file.relative_to(ROOT).parts[1]
    for node in _nodes()[file]:
        if isinstance(node, ast.Call) and _called(node) == "Guard" and node.args:
            rule = node.args[1] if len(node.args) > 1 else _keyword(node, "rule")
            if rule is not None:
                yield from _refusals_of(plugin, _constant(node.args[0]), rule)


def _refusals_of(plugin: str, guard: str, rule: ast.expr) -> Iterator[Refusal]:
    for scope, call in _refuse_calls(plugin, rule, set()):
        ref = _constant(_keyword(call, "ref")) or f"{plugin}.{guard or COMPUTED}"
        yield _refusal(ref, "Refused", call, scope)


def _refuse_calls(plugin: str, node: ast.AST, seen: set[str]) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Yield the `Refuse` calls a rule can reach through functions of its own plugin."""
    for name in _names(node):
        if name in seen:
            continue
        for function in _functions_of(plugin).get(name, ()):
            seen.add(name)
            yield from ((function, call) for call in _refuse_calls_in(function))
            yield from _refuse_calls(plugin, function, seen)
    if isinstance(node, ast.Lambda):
        yield from ((node, call) for call in _refuse_calls_in(node))


@cache
def _functions_of(plugin: str) -> dict[str, list[ast.FunctionDef]]:
    """Return the functions of a plugin by bare name."""
    home = ROOT / "plugins" / plugin
    own = {
        name: [f for f in functions if _files()[id(f)].is_relative_to(home)] for name, functions in _functions().items()
    }
    return {name: functions for name, functions in own.items() if functions}


@cache
def _names(node: ast.AST) -> tuple[str, ...]:
    """Return what a piece of source calls, reads or passes on, A to Z."""
    return tuple(sorted({
        n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)
    }))  # fmt: skip


@cache
def _refuse_calls_in(node: ast.AST) -> tuple[ast.Call, ...]:
    return tuple(n for n in ast.walk(node) if isinstance(n, ast.Call) and _called(n) == "Refuse")
