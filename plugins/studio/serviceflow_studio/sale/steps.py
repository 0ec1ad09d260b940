"""Steps and actions of the sale."""

from __future__ import annotations

from serviceflow.api import NOW, START, STAY, Action, Do, Late, Message, SetAnchor, Step, T, Task, days, minutes

from serviceflow_studio.offers import offered
from serviceflow_studio.roles import CASHIER, CONSULTANT, SERVICE
from serviceflow_studio.sale import effects, forms, rules
from serviceflow_studio.urging.steps import BOOKING_BUNDLE

SELLING = ("reception", "presentation", "closing", "payment")
"""Steps of a customer who is in the house."""

HAND_SHEET = Task(
    "hand-sheet",
    T("Hand in the inquiry sheet", zh="交咨商表"),
    CONSULTANT,
    minutes("studio.sheet.minutes", after="left_at"),
    closed_by=("hand-sheet",),
)
WIN_BACK_CALL = Task(
    "win-back-call",
    effects.CALL_AGAIN,
    SERVICE,
    minutes("studio.winback.call_minutes", after="left_at"),
    stays=True,
    closed_by=("log-call",),
)
SURPRISE = Task(
    "surprise",
    T("Send a surprise offer", zh="寄惊喜通知"),
    SERVICE,
    days("studio.surprise.days", after="left_at", at="studio.day.task_due"),
    closed_by=("send-surprise",),
)

STEPS = (
    Step(
        "reception",
        T("Reception", zh="迎客入座"),
        CONSULTANT,
        on_path=True,
        hint=T(
            "Walk up, seat them, tea {tea_percent} % full; introduce yourself, then note names by seat; "
            "win them in the first {rapport_minute} min",
            zh="上前迎客、请坐;茶倒{tea_percent}%满;先自我介绍,再问称呼并记在座位图上;{rapport_minute}分钟内赢得好感",
        ),
    ),
    Step(
        "presentation",
        T("Package presentation", zh="套系介绍"),
        CONSULTANT,
        on_path=True,
        hint=T(
            "Ask the budget, start from the signature package (not the dearest), show real albums",
            zh="先问预算,再从招牌套系讲起(不是最贵的);带看相册实物",
        ),
    ),
    Step(
        "closing",
        T("Comparing and closing", zh="对照签单"),
        CONSULTANT,
        on_path=True,
        hint=T(
            "Take their side, compare {choices} only; speak of places left only as the calendar shows",
            zh="站在客人立场,只比较{choices}套;名额只说控制表上的真实余位",
        ),
    ),
    Step(
        "payment",
        T("Invoicing and payment", zh="开票收款"),
        CASHIER,
        on_path=True,
        hint=T(
            "Walk with them to the desk; repeat the contents, above all optional paid items",
            zh="陪同到收银;逐项复述套系内容,尤其是自选收费项",
        ),
    ),
    Step(
        "undecided",
        T("Left undecided", zh="未定离店"),
        CONSULTANT,
        limit=minutes("studio.sheet.minutes", after="left_at"),
        entry=(HAND_SHEET, WIN_BACK_CALL),
        hint=T(
            "Stay warm, walk {farewell_steps} steps with them; they may call any time",
            zh="热情不减,送客{farewell_steps}步;请他们任何时候来电",
        ),
    ),
    Step(
        "not-closed",
        T("Not closed, follow-up", zh="未成交追踪"),
        SERVICE,
        limit=days("studio.surprise.days", after="left_at"),
        entry=(SURPRISE, Message("not-closed-sms", NOW)),
    ),
    Step(
        "surprise-sent",
        T("Surprise offer sent", zh="惊喜通知已寄"),
        SERVICE,
        limit=days(0, after="surprise_until_on"),
        entry=(Message("surprise-letter", NOW, to=offered("surprise")),),
    ),
)
LOST = Step("lost", T("Lost", zh="流失"), final=True, entry=(Do(effects.stop_win_back),))

ACTIONS = (
    Action(
        "open",
        T("Receive", zh="接待"),
        START,
        "reception",
        by=(CONSULTANT,),
        form=forms.Arrive,
        guards=(rules.SAME_PHONE, rules.CARD_VALID),
        effects=(Do(effects.arrive, before=True),),
    ),
    Action(
        "begin",
        T("Begin", zh="开始介绍"),
        ("reception",),
        "presentation",
        by=(CONSULTANT,),
        form=forms.Begin,
        guards=(rules.CARD_VALID,),
        effects=(Do(effects.begin),),
    ),
    Action(
        "note-card",
        T("Note referral card", zh="登记介绍卡"),
        ("presentation", "closing", "payment"),
        by=(CONSULTANT,),
        form=forms.NoteCard,
        guards=(rules.CARD_VALID,),
        effects=(Do(effects.note_card),),
        refusal=T("A referral card must be shown before the deposit.", zh="介绍卡须在付定前出示。"),
    ),
    Action(
        "present",
        T("Present packages", zh="介绍套系"),
        ("presentation", "closing"),
        by=(CONSULTANT,),
        form=forms.Present,
        guards=(rules.PRICE_ACTIVE,),
        effects=(Do(effects.present),),
    ),
    Action(
        "compare",
        T("Compare two", zh="对照二选一"),
        ("presentation",),
        "closing",
        by=(CONSULTANT,),
        form=forms.Compare,
        guards=(rules.TWO_CHOICES,),
        effects=(Do(effects.compare),),
    ),
    Action("technique", T("Note technique", zh="记录促成方式"), ("closing",), by=(CONSULTANT,), form=forms.Technique),
    Action(
        "sign-plan",
        T("Sign plan sheet", zh="签企划书"),
        ("closing",),
        "payment",
        by=(CONSULTANT,),
        form=forms.SignPlan,
        guards=(rules.TERMS_SIGNED, rules.PRICE_ACTIVE, rules.PRICE_RANGE, rules.LETTER_VALID, rules.DISCOUNT),
        effects=(Do(effects.sign_plan),),
    ),
    Action(
        "back-to-closing",
        T("Choose again", zh="重选套系"),
        ("payment",),
        "closing",
        by=(CONSULTANT,),
        form=forms.Because,
        effects=(Do(effects.void_plan),),
    ),
    Action(
        "take-deposit",
        T("Take deposit", zh="收定金"),
        ("payment",),
        "booked",
        by=(CASHIER,),
        form=forms.TakeDeposit,
        guards=(rules.NOT_OVER_BALANCE, rules.MIN_DEPOSIT, rules.SAME_PAYMENT),
        effects=(SetAnchor("booked_at"), Do(effects.take_deposit, before=True), *BOOKING_BUNDLE),
        outcome="booked",
    ),
    Action(
        "leave-undecided",
        T("Left undecided", zh="未定离店"),
        SELLING,
        "undecided",
        by=(CONSULTANT,),
        form=forms.LeaveUndecided,
        guards=(rules.CONTACT_NEEDED,),
        effects=(SetAnchor("left_at", "left_at"), Do(effects.leave_undecided, before=True), Do(effects.void_plan)),
        outcome="not-closed",
    ),
    Action(
        "leave-no-contact",
        T("Left, no contact", zh="未留联系方式"),
        SELLING,
        "lost",
        by=(CONSULTANT,),
        form=forms.Because,
        effects=(Do(effects.void_plan),),
        outcome="not-closed",
    ),
    Action(
        "hand-sheet",
        T("Hand in sheet", zh="交咨商表"),
        ("undecided",),
        "not-closed",
        by=(CONSULTANT,),
        form=forms.HandSheet,
        effects=(SetAnchor("sheet_at"), Do(effects.hand_sheet)),
        late=Late(minutes("studio.sheet.minutes", after="left_at")),
    ),
    Action(
        "returns",
        T("Customer returns", zh="顾客回店"),
        ("undecided", "not-closed", "surprise-sent"),
        "closing",
        by=(CONSULTANT,),
        effects=(Do(effects.stop_win_back),),
    ),
    Action(
        "log-call",
        T("Log call", zh="电话接单"),
        ("not-closed", "undecided"),
        by=(SERVICE,),
        form=forms.LogCall,
        effects=(Do(effects.log_call),),
        late=Late(minutes("studio.winback.call_minutes", after="left_at")),
    ),
    Action(
        "send-surprise",
        T("Send surprise offer", zh="寄惊喜通知"),
        ("not-closed",),
        "surprise-sent",
        by=(SERVICE,),
        form=forms.SendSurprise,
        guards=(rules.CALLED_FIRST, rules.OFFER_ONCE, rules.SURPRISE_AMOUNT),
        effects=(Do(effects.send_surprise, before=True),),
        late=Late(days("studio.surprise.days", after="left_at"), unit="days"),
    ),
    Action(
        "do-not-contact",
        T("Do not contact", zh="请勿联系"),
        ("not-closed", "surprise-sent"),
        "lost",
        by=(SERVICE,),
        form=forms.Because,
        effects=(Do(effects.do_not_contact),),
    ),
    Action(
        "sheet-overdue",
        T("Sheet overdue", zh="咨商表逾期"),
        ("undecided",),
        STAY,
        at=minutes("studio.sheet.minutes", after="left_at"),
        effects=(Do(effects.sheet_overdue),),
    ),
    Action(
        "lost-timeout",
        T("No answer, lost", zh="无回应转流失"),
        ("not-closed",),
        "lost",
        at=days("studio.notclosed.lost_days", after="left_at"),
    ),
    Action(
        "offer-expired",
        T("Surprise offer expired", zh="惊喜优惠到期"),
        ("surprise-sent",),
        "lost",
        at=days(0, after="surprise_until_on"),
        effects=(Do(effects.surprise_expired, before=True),),
    ),
)
