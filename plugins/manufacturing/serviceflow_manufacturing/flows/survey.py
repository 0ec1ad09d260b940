"""What customers say afterwards: scores, and what has to be improved. Source: manufacturing.md 5.10."""

from __future__ import annotations

from serviceflow.api import Case, Form, T, listed, number, text

from serviceflow_manufacturing import desk, roles
from serviceflow_manufacturing.tables import MfgSurvey


class Survey(Form):
    product: int = number(T("Product", zh="产品"), least=1, most=5)
    delivery: int = number(T("Delivery", zh="交期"), least=1, most=5)
    service: int = number(T("Service", zh="服务"), least=1, most=5)
    price: int = number(T("Price", zh="价格"), least=1, most=5)
    comment: str | None = text(T("Comment", zh="意见"), required=False, longest=2000)
    department: str | None = text(T("Department to answer", zh="回复部门"), required=False, longest=60)


ANSWERS = {
    "product": roles.QUALITY, "delivery": roles.PRODUCTION, "service": roles.SERVICE, "price": roles.MANAGER,
}  # fmt: skip
"""Who answers a low score where no department is named."""


def record(case: Case, form: Survey) -> None:
    """Write the scores down; a low one asks for improvement."""
    scores = {name: getattr(form, name) for name in ANSWERS}
    case.tx.add(MfgSurvey(order_id=case.order_id, comment=form.comment or "", at=case.now, **scores))
    low = [name for name, score in scores.items() if score <= case.number("mfg.after.low_score")]
    if low:
        role = roles.OVERSEAS_MGMT if desk.is_foreign(case) else roles.MARKETING
        words = T("{no}: improve {what}; {department} answers", zh="{no}：改进{what}；{department}答复")
        what = listed(Survey.fields[name].title for name in low)
        answers = form.department or listed(case.shop.role_title(ANSWERS[name]) for name in low)
        said = words.of(no=case.order.number, what=what, department=answers)
        desk.task(case, "improve", said, role, stays=True)
