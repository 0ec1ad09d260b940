"""Marketing plan and new-media operation (营销策划 / 新媒体运营). Source: realestate.md section 4.2."""

from __future__ import annotations

from typing import Any

from serviceflow.api import (
    START,
    Action,
    Case,
    Do,
    Flow,
    Form,
    Guard,
    Moment,
    Need,
    Refuse,
    Step,
    T,
    Task,
    Verdict,
    days,
    money,
    number,
    plain,
    table_of,
    text,
)

from serviceflow_realestate import fields, roles, tell
from serviceflow_realestate.facts import of_order
from serviceflow_realestate.tables import ReChannel, ReMediaMetric

BY_BOTH = roles.route("strategy", (roles.MANAGER,), (roles.DIRECTOR,))


class Open(Form):
    project: str = text(T("Project", zh="项目"), longest=8)


class Summary(Form):
    summary: str = text(T("Summary", zh="摘要"))


class Goal(Summary):
    sales: int = money(T("Sales target", zh="销售目标"))
    share: int = fields.percent(T("Market share, %", zh="市场份额, %"))
    awareness: int | None = fields.percent(T("Awareness, %", zh="知名度, %"), required=False)


class Strategy(Summary):
    budget: int = money(T("Budget", zh="预算"))


class Leads(Summary):
    count: int = number(T("Leads", zh="线索数"), most=1_000_000)


def _channels(case: Case) -> list[ReChannel]:
    return case.tx.all(ReChannel, table_of(ReChannel).c.active.is_(True))


def _plan(case: Case, form: Strategy) -> Verdict:
    if not _channels(case):
        return Refuse(T("The channel plan is empty.", zh="渠道计划为空。"), plain("flow re channel add NAME"))
    return Need(BY_BOTH, T("marketing strategy", zh="营销策略"))


def _metrics(case: Case, form: object) -> Verdict:
    month = case.today.strftime("%Y-%m")
    known = {m.channel_id for m in case.tx.all(ReMediaMetric, table_of(ReMediaMetric).c.month == month)}
    missing = [c.name for c in _channels(case) if c.id not in known]
    if not missing:
        return None
    return Refuse(
        T("Metrics missing for: {names}", zh="缺少指标: {names}").of(names=", ".join(missing)),
        plain(f"flow re channel metrics {missing[0]} {month}"),
    )


def _looped(case: Case, form: object) -> None:
    case.set_anchor("cycle_on", case.today)


STEP = days("realestate.campaign_step_days")
CYCLE = Moment("days", "realestate.media_cycle_days", "cycle_on")
LOOP = ("listen", "lead-capture", "engage", "serve", "trade", "evaluate")
ALL = ("goal", "analysis", "strategy", *LOOP)


def _step(key: str, en: str, zh: str, role: str, limit: Any, *tasks: tuple[str, str, str]) -> Step:
    entry = tuple(
        Task(f"{key}-{name}", T(words, zh=chinese), role, limit, closed_by=()) for name, words, chinese in tasks
    )
    return Step(key, T(en, zh=zh), role, limit=limit, entry=entry, on_path=True)


def _edge(
    key: str, en: str, zh: str, before: str, after: str, role: Any, form: type[Form] = Summary, **more: Any
) -> Action:
    return Action(key, T(en, zh=zh), (before,), after, by=(role,) if isinstance(role, str) else role, form=form, **more)


METRICS = Guard("metrics-here", _metrics, early=True)
RE_CAMPAIGN = Flow(
    key="re-campaign",
    version=1,
    title=T("Campaign", zh="营销策划"),
    series="CMP-{n:03}",
    facts=of_order,
    anchors=("cycle_on",),
    steps=(
        _step(
            "goal",
            "Goals",
            "制定目标",
            roles.MARKETING,
            STEP,
            ("market", "Market goals: sales, share, awareness", "市场目标: 销售额、份额、知名度"),
            ("campaign", "Campaign goals", "营销目标"),
        ),
        _step(
            "analysis",
            "Analysis",
            "市场分析",
            roles.MARKETING,
            STEP,
            ("environment", "Environment", "环境分析"),
            ("competitors", "Competitors", "竞争对手"),
            ("prospects", "Prospects", "目标客户"),
        ),
        _step(
            "strategy",
            "Strategy",
            "制定策略",
            roles.MARKETING,
            STEP,
            (
                "positioning",
                "Positioning, segments, brand, product and price, promotion, channels",
                "定位、细分、品牌、产品价格、促销、渠道",
            ),
            ("channels", "Channel plan: interaction, content, platform", "渠道计划: 互动、内容、平台"),
        ),
        _step(
            "listen",
            "Listen",
            "聆听",
            roles.MARKETING,
            CYCLE,
            ("collect", "Collect and classify what fans and owners say", "收集整理粉丝与业主声音"),
        ),
        _step(
            "lead-capture",
            "Information and leads",
            "信息",
            roles.MARKETING,
            CYCLE,
            ("leads", "Turn signals into leads", "将线索转为客户"),
        ),
        _step(
            "engage",
            "Circle marketing",
            "营销",
            roles.MARKETING,
            CYCLE,
            ("circle", "Circle and brand-community activity", "圈层与品牌社区活动"),
            ("content", "Touchpoint content by segment and reading time", "按细分与阅读时段推送内容"),
        ),
        _step(
            "serve",
            "Service",
            "服务",
            roles.MARKETING,
            CYCLE,
            ("answer", "Answer fans", "答复粉丝"),
            ("owners", "Invite owners to help others", "邀请业主互助"),
        ),
        _step(
            "trade",
            "Trade",
            "电子商务",
            roles.MANAGER,
            CYCLE,
            ("opening", "Opening events, online vouchers", "开盘活动与网上优惠券"),
        ),
        _step(
            "evaluate",
            "Evaluate",
            "运营评估",
            roles.MARKETING,
            CYCLE,
            ("metrics", "Enter the metrics of each channel", "录入各渠道指标"),
            ("report", "Report results against goals", "对照目标汇报"),
        ),
        Step("closed", T("Closed", zh="结束"), final=True, on_path=True),
    ),
    actions=(
        Action(
            "open",
            T("Open", zh="开始"),
            START,
            "goal",
            by=(roles.MARKETING,),
            form=Open,
            effects=(Do(lambda case, form: case.change(scope=form.project), before=True),),
        ),
        _edge(
            "set-goal",
            "Set goal",
            "定目标",
            "goal",
            "analysis",
            roles.MARKETING,
            Goal,
            effects=(Do(lambda case, form: tell.remember(case, sales=form.sales, share=form.share)),),
        ),
        _edge("file-analysis", "File analysis", "提交分析", "analysis", "strategy", roles.MARKETING),
        _edge(
            "approve-strategy",
            "Approve strategy",
            "批准策略",
            "strategy",
            "listen",
            roles.MARKETING,
            Strategy,
            guards=(Guard("channel-plan", _plan, needs=(BY_BOTH,)),),
            effects=(Do(_looped, before=True),),
        ),
        _edge("file-listening", "File listening", "提交聆听", "listen", "lead-capture", roles.MARKETING),
        _edge("hand-leads", "Hand over leads", "移交线索", "lead-capture", "engage", roles.MARKETING, Leads),
        _edge("close-engagement", "Close engagement", "结束营销", "engage", "serve", roles.MARKETING),
        _edge("close-service", "Close service", "结束服务", "serve", "trade", (roles.MARKETING, roles.AGENT)),
        _edge("close-trade", "Close trade", "结束交易", "trade", "evaluate", roles.MANAGER),
        _edge(
            "next-cycle",
            "Next cycle",
            "下一循环",
            "evaluate",
            "listen",
            roles.MARKETING,
            guards=(METRICS,),
            effects=(Do(_looped, before=True),),
        ),
        _edge("finish", "Finish", "完成", "evaluate", "closed", roles.MARKETING, guards=(METRICS,)),
        Action("stop", T("Stop", zh="停止"), ALL, "closed", by=(roles.MANAGER,), form=tell.Because),
        *tell.common(),
    ),
)
