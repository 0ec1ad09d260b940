"""Characters a console may not have: what stands for them, and streams that never fail over one.

Our own texts keep to what GBK has. Names and notes of customers do not, and an ASCII pipe has neither; a character
that cannot be written is replaced by one of the same width, so that columns stay aligned.
"""

from __future__ import annotations

import codecs
from typing import Final, TextIO

FALLBACK: Final = {
    "√": "v", "×": "x", "→": ">", "←": "<", "·": "-", "…": "~", "—": "-", "–": "-", "“": '"', "”": '"', "‘": "'",
    "’": "'", "■": "#", "□": "_", "●": "*", "○": "o", "◆": "#", "█": "#", "░": ".", "▏": "|", "─": "-", "│": "|",
    "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┴": "+", "┼": "+", "═": "=", "￥": "Y ",
    "¥": "Y", "€": "E", "，": ", ", "。": ". ", "：": ": ", "；": "; ", "（": " (", "）": ") ", "！": "! ", "？": "? ",
}  # fmt: skip
"""Stand-ins of the same width in cells."""

_HANDLER: Final = "serviceflow"


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from rich.cells import cell_len

    lost = error.object[error.start : error.end]
    return "".join(FALLBACK.get(char) or "?" * cell_len(char) for char in lost), error.end


def survive(*streams: TextIO) -> None:
    """Make the streams replace what their encoding lacks; a GBK console otherwise dies of a tick mark."""
    codecs.register_error(_HANDLER, _replace)
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and not (stream.encoding or "").lower().startswith("utf"):
            reconfigure(errors=_HANDLER)
        elif reconfigure is not None:
            reconfigure(errors="replace")  # a lone surrogate from a file name


def writes_chinese(stream: TextIO) -> bool:
    """Return whether the stream's encoding has Chinese characters."""
    try:
        "中".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
