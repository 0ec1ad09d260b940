"""``errors.md``: every refusal by its id, with its words in both languages and what to do about it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from serviceflow import errors
from serviceflow.errors import Exit, FlowError

from printing.markdown import code, page, table
from printing.refusals import Refusal, Words, kind_of, refusals


def codes_of_classes() -> dict[Exit, list[str]]:
    """Return the error classes of `serviceflow.errors` by their exit code."""
    found: dict[Exit, list[str]] = {}
    for name, value in sorted(vars(errors).items()):
        if inspect.isclass(value) and issubclass(value, FlowError) and value is not FlowError:
            found.setdefault(value.exit_code, []).append(name)
    return found


def print_page() -> str:
    """Return the page."""
    codes = {name: int(value) for value, names in codes_of_classes().items() for name in names}
    parts = []
    for area, found in _areas().items():
        rows = []
        for ref, same in _by_id(found):
            sentences = dict.fromkeys(words for one in same for words in one.sentences)
            ways = dict.fromkeys(words for one in same for words in one.ways_out)
            exits = sorted({codes[one.kind] for one in same if one.kind in codes})
            rows.append((code(ref) or "(within another)", ", ".join(map(str, exits)), *_both(sentences), *_both(ways)))
        head = ("Id", "Exit", "Sentence", "中文", "Way out", "出路")
        parts.append(f"## {area}\n\n{table(head, rows)}")
    return page(
        "Errors",
        "Every refusal shows its id in brackets. Ids stay; words may get better. `{name}` stands for a fact of the"
        " moment; `…` is put together when it is said. An id with several sentences is one rule that says what it met."
        " Exit codes: [exit-codes.md](exit-codes.md).",
        *parts,
    )


def _areas() -> dict[str, list[Refusal]]:
    found: dict[str, list[Refusal]] = {"Core and command line": [], "Parts of a form's answer": []}
    for one in refusals():
        if one.where.startswith("plugins/") and one.ref:
            found.setdefault(f"Trade `{one.where.split('/')[1]}`", []).append(one)
        else:
            found["Core and command line" if one.ref else "Parts of a form's answer"].append(one)
    return {area: some for area, some in found.items() if some}


def _by_id(found: Iterable[Refusal]) -> list[tuple[str, list[Refusal]]]:
    groups: dict[str, list[Refusal]] = {}
    for one in found:
        groups.setdefault(one.ref or str(one.sentences), []).append(one)
    return [(same[0].ref, same) for same in groups.values()]


def _both(words: Iterable[Words]) -> tuple[str, str]:
    some = list(words)
    return " · ".join(w.en for w in some), " · ".join(w.zh for w in some)


__all__ = ["codes_of_classes", "kind_of", "print_page"]
