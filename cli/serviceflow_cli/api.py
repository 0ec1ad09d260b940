"""What the commands of a trade may use of the command line; nothing else is promised. Kept stable within ``api = "1"``.

A trade's command does an action under its thin name (`do`), signs (`approve`), opens the shop
(`writing_shop`), answers (`answer`), prints rows (`out.rows`) and papers (`write_page`).
"""

from __future__ import annotations

from serviceflow_cli import out
from serviceflow_cli.answers import Answer, answer
from serviceflow_cli.commands.do import do
from serviceflow_cli.commands.doc import write_page
from serviceflow_cli.commands.sign import approve
from serviceflow_cli.deeds import do_action, open_new
from serviceflow_cli.options import DryRun
from serviceflow_cli.orders import Seen, look_at, told
from serviceflow_cli.out import Column, label
from serviceflow_cli.refs import customer_id, order_id
from serviceflow_cli.schemas import Shape
from serviceflow_cli.session import current, reader, writing_shop
from serviceflow_cli.textfiles import read_text

__all__ = [
    "Answer",
    "Column",
    "DryRun",
    "Seen",
    "Shape",
    "answer",
    "approve",
    "current",
    "customer_id",
    "do",
    "do_action",
    "label",
    "look_at",
    "open_new",
    "order_id",
    "out",
    "read_text",
    "reader",
    "told",
    "write_page",
    "writing_shop",
]
