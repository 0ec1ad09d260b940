"""What each paper of an order says. Source: realestate.md section 6.

Each function gets the case and what only the moment of making knows, and returns the facts by the names its template
uses: words in both languages, amounts as people read them. Asked again when a paper is printed, it fills what was not
yet known when the paper was made: the decision on a request, the result of a complaint, who received a deed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from serviceflow.api import Case

from serviceflow_realestate.contents import after_sale, contract, requests, subscription
from serviceflow_realestate.contents.parts import Facts, Given

CONTENTS: Mapping[str, Callable[[Case, Given], Facts]] = {
    "RE-INTERNAL": subscription.internal,
    "RE-PLAN": subscription.plan,
    "RE-FILE": subscription.file,
    "RE-LETTER": subscription.letter,
    "RE-APPROVAL": subscription.approval,
    "RE-SALES": subscription.sales,
    "RE-PACK": subscription.pack,
    "RE-UNDERTAKING": subscription.undertaking,
    "RE-NOTICE": subscription.notice,
    "RE-DELAY": requests.delay,
    "RE-DISCOUNT": requests.discount,
    "RE-CHANGE": requests.change,
    "RE-CHANGE2": requests.change,
    "RE-COUNTERSIGN": requests.countersign,
    "RE-CONTRACT": contract.contract,
    "RE-LOANLIST": contract.loan_list,
    "RE-STATEMENT": contract.statement,
    "RE-DEMAND": contract.demand,
    "RE-LAWYER": contract.demand,
    "RE-DEFAULT": contract.default,
    "RE-TERMINATE": contract.terminate,
    "RE-HANDOVER": after_sale.handover,
    "RE-AREA": after_sale.area,
    "RE-INSPECT": after_sale.inspect,
    "RE-KEYS": after_sale.keys,
    "RE-TITLEFILE": after_sale.title_file,
    "RE-BUYBACK": after_sale.buyback,
    "RE-COMPLAINT": after_sale.complaint,
    "RE-MILESTONE": after_sale.milestone,
}
