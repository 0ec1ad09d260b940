"""Docstrings taken apart: the text, what each argument is, and what follows it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any

HEADS = ("Args:", "Returns:", "Raises:", "Order:", "Errors:", "Since:", "Source:")


@dataclass(frozen=True, slots=True)
class Said:
    """What a docstring says.

    Args:
        text: The sentences before the first head.
        args: What it says of each argument or field.
        rest: The other parts, as Markdown.
    """

    text: str
    args: Mapping[str, str]
    rest: str

    @property
    def first(self) -> str:
        """The first paragraph."""
        return self.text.split("\n\n")[0]


def said(value: Any, constant: str = "") -> Said:
    """Return what the docstring of a class, function, property or module says; of a value the words below it."""
    if constant:
        return Said(constant, {}, "")
    if isinstance(value, str | int | UnionType) or not (
        inspect.isclass(value) or callable(value) or inspect.ismodule(value) or isinstance(value, property)
        or hasattr(value, "func")
    ):  # fmt: skip
        return Said("", {}, "")
    own = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    text, args, rest = [], {}, []
    head = ""
    for line in inspect.cleandoc(own or "").splitlines():
        found = next((h for h in HEADS if line.startswith(h)), None)
        if found is not None:
            head = found
            if head != "Args:":
                rest.append(f"**{head}**{line.removeprefix(head)}")
        elif not head:
            text.append(line)
        elif head == "Args:":
            if named := re.match(r"    (\*{0,2}\w+): (.*)", line):
                args[name := named[1].lstrip("*")] = named[2]
            elif line.strip():
                args[name] += f" {line.strip()}"
        else:
            rest.append(line.removeprefix("    "))
    return Said("\n".join(text).strip(), args, "\n".join(rest).strip())
