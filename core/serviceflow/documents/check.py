"""Faults of document templates: syntax, fields that do not exist, scripts and addresses outside the page.

Reads every template, which takes longer than a plugin may take to load; `flow plugin check` asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables

from serviceflow.documents.pages import KNOWN, environment, own_template, reaches_outside, trade_template
from serviceflow.flow.document import Document
from serviceflow.flow.faults import Fault, Spot, nearest
from serviceflow.flow.trade import Trade
from serviceflow.store.place import Place
from serviceflow.texts import T


def faults_of_templates(trade: Trade, place: Place | None = None) -> Iterator[Fault]:
    """Yield what is wrong with the templates of a trade, and with a shop's own where ``place`` names the shop."""
    for document in trade.documents:
        try:
            source = trade_template(document)
        except (FileNotFoundError, ModuleNotFoundError):
            yield Spot(document.key, "Document", document.key).fault(
                "document.template",
                T("there is no template {path}", zh="没有模板文件 {path}").of(path=document.template),
            )
            continue
        yield from _template(document, source, document.key)
        own = own_template(place, trade.key, document.key) if place is not None else None
        if own is not None and own.is_file():
            yield from _template(document, own.read_text(encoding="utf-8-sig"), str(own))


def _template(document: Document, source: str, where: str) -> Iterator[Fault]:
    spot = Spot(where, "Document", document.key)
    try:
        trees = _trees(environment(document), source)
    except TemplateSyntaxError as fault:
        yield spot.fault(
            "document.syntax",
            T("line {n} of its template: {why}", zh="模板第 {n} 行: {why}").of(n=fault.lineno, why=fault.message),
        )
        return
    known = {field.partition(".")[0] for field in document.fields} | KNOWN
    declared = {name for tree in trees for name in _imported(tree)}
    for name in sorted(set().union(*map(find_undeclared_variables, trees)) - known - declared):
        yield _unknown(spot, name, known)
    for name in sorted(set().union(*map(_columns, trees)) - set(document.fields)):
        if name.partition(".")[0] in known:
            yield _unknown(spot, name, document.fields)
    outside = reaches_outside(source)
    if outside:
        yield spot.fault(
            "document.outside",
            T("its template reaches outside the page: {what}", zh="模板引用了页面以外的内容: {what}").of(what=outside),
        )


def _trees(made: Environment, source: str) -> list[nodes.Template]:
    """Return a template and those it extends or includes, which are filled with the same facts.

    Raises:
        TemplateSyntaxError: One of them cannot be read, or is not there.
    """
    tree = made.parse(source)
    found = [tree]
    named: list[nodes.Extends | nodes.Include] = [*tree.find_all(nodes.Extends), *tree.find_all(nodes.Include)]
    for one in named:
        name = one.template.value if isinstance(one.template, nodes.Const) else None
        if name == "page.html" or not isinstance(name, str) or made.loader is None:
            continue
        try:
            beside, _, _ = made.loader.get_source(made, name)
        except TemplateNotFound as missing:
            raise TemplateSyntaxError(f"there is no {name}", one.lineno) from missing
        found += _trees(made, beside)
    return found


def _imported(tree: nodes.Template) -> set[str]:
    """Return the names under which a template imports others."""
    return {one.target for one in tree.find_all(nodes.Import)}


def _unknown(spot: Spot, name: str, known: Iterable[str]) -> Fault:
    return spot.fault(
        "document.field",
        T(
            "its template names “{name}”, which is not among its fields{near}",
            zh="模板使用了“{name}”, 不在其字段之中{near}",
        ).of(name=name, near=nearest(name, known)),
    )


def _columns(tree: nodes.Template) -> set[str]:
    """Return the columns of lists that the template names: ``lines.text`` where a loop over ``lines`` says so."""
    found: set[str] = set()
    for loop in tree.find_all(nodes.For):
        if not isinstance(loop.iter, nodes.Name) or not isinstance(loop.target, nodes.Name):
            continue
        for named in loop.find_all(nodes.Getattr):
            if isinstance(named.node, nodes.Name) and named.node.name == loop.target.name:
                found.add(f"{loop.iter.name}.{named.attr}")
    return found
