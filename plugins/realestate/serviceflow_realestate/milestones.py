"""The checklist of a project: what has to be how far at each milestone. Source: realestate.md section 4.1."""

from __future__ import annotations

from collections.abc import Sequence

from serviceflow.api import T

LEVELS = ("draft", "started", "final", "complete", "executed")
"""How far an item is, rising. Words of the source such as ``initial`` or ``tendered`` are levels here: a first
version is a draft, what has been tendered is final."""
LEVEL_TITLES = {
    "draft": T("draft", zh="初稿"),
    "started": T("started", zh="启动"),
    "final": T("final", zh="定稿"),
    "complete": T("complete", zh="完成"),
    "executed": T("executed", zh="执行"),
}
Item = tuple[str, str, str]
"""Key, words, Chinese words."""
Area = tuple[str, str, str, Sequence[Item]]
"""Area, Chinese, required level, items."""

MILESTONES: dict[str, Sequence[Area]] = {
    "m1-structure": (
        (
            "Sales papers and readiness",
            "销售资料与准备",
            "draft",
            (
                ("team", "Build and staff the sales team", "组建销售团队"),
                ("training", "Train it and practise", "培训与演练"),
                ("questions", "The hundred questions with answers", "销售百问"),
                ("uniforms", "Uniforms and badges", "工装与胸牌"),
                ("sales-papers", "List and texts of sales papers", "销售资料清单与文本"),
                ("handbook", "Sales handbook and rules", "销售手册与制度"),
                ("legal", "Legal training and adviser", "法律培训与顾问"),
                ("drafts", "Draft contracts", "合同草稿"),
            ),
        ),
        (
            "Overall marketing report",
            "整体营销报告",
            "final",
            (
                (
                    "marketing-report",
                    "Sales, price, market, event and media strategy",
                    "销售、价格、市场、活动与媒体策略",
                ),
            ),
        ),
        (
            "Advertising plan and media mix",
            "广告计划与媒体组合",
            "draft",
            (
                (
                    "advertising",
                    "Press, billboards, TV, brochure, posters, print, gifts",
                    "报纸、户外、电视、楼书、海报、印刷品、礼品",
                ),
            ),
        ),
        (
            "Site image",
            "现场形象",
            "started",
            (
                ("hoarding", "Hoarding", "围挡"),
                ("signs", "Function and direction signs", "功能与导示牌"),
                ("site-billboard", "Site billboard", "工地广告牌"),
            ),
        ),
        (
            "Sales centre",
            "销售中心",
            "started",
            (
                ("centre-site", "Site and layout", "选址与布局"),
                ("fit-out", "Fit-out scheme", "装修方案"),
                ("drawings", "Working drawings", "施工图"),
                ("landscape", "Landscaping", "景观"),
                ("boards", "Display boards, renderings and models", "展板、效果图、模型"),
            ),
        ),
        (
            "Amenities, materials, handover standard",
            "配套、材料、交楼标准",
            "draft",
            (
                ("amenities", "List of amenities", "配套清单"),
                ("materials", "List of materials", "材料清单"),
                ("handover-standard", "Handover standard", "交楼标准"),
            ),
        ),
        (
            "Property management",
            "物业管理",
            "draft",
            (
                ("property-concept", "Concept, commitments and early-stage agreement", "理念、承诺与前期服务协议"),
                ("fee-standard", "Rules and fee standard", "规章与收费标准"),
            ),
        ),
        ("Show flat", "样板房", "draft", (("show-flat", "Design, chosen layouts", "设计与户型选择"),)),
    ),
    "m2-ten-floors": (
        (
            "Sales reception",
            "销售接待",
            "complete",
            (
                (
                    "reception",
                    "Staff on site, handbook done, sales plan running, phases fixed",
                    "人员到位、手册完成、计划执行、分期确定",
                ),
            ),
        ),
        ("Site image", "现场形象", "complete", (("site-image", "Site image", "现场形象"),)),
        (
            "Image campaign phase 1",
            "形象推广一期",
            "executed",
            (("campaign-1", "Press, TV, billboards, gifts, print", "报纸、电视、户外、礼品、印刷品"),),
        ),
        (
            "Sales centre",
            "销售中心",
            "complete",
            (("centre", "Fit-out, surroundings, boards, models", "装修、环境、展板、模型"),),
        ),
        ("Amenities and materials", "配套与材料", "final", (("amenities-tender", "Final and tendered", "定稿并招标"),)),
        ("Property management", "物业管理", "final", (("property-tender", "Tendered", "招标"),)),
        ("Show flat", "样板房", "started", (("show-flat-works", "Final, works started", "定稿并开工"),)),
    ),
    "m3-presale": (
        ("Events", "活动", "executed", (("events-3", "Planned and executed", "策划并执行"),)),
        (
            "Opening and formal sale",
            "开盘与正式销售",
            "executed",
            (
                ("permit", "Presale permit", "预售许可证"),
                ("sales-plan-3", "Sales plan and phase control", "销售计划与分期控制"),
                ("customers-3", "Customer data and follow-up", "客户资料与跟进"),
            ),
        ),
        (
            "Image campaign phase 2",
            "形象推广二期",
            "executed",
            (("campaign-2", "Ads, billboards renewed, brochure finished", "广告、户外更新、楼书完成"),),
        ),
    ),
    "m4-topped-out": (
        ("Events", "活动", "executed", (("events-4", "Planned and executed", "策划并执行"),)),
        ("Image campaign phase 3", "形象推广三期", "executed", (("campaign-3", "Image campaign", "形象推广"),)),
        ("Sales", "销售", "complete", (("sales-4", "Plan, phase control, customer data", "计划、分期控制、客户资料"),)),
    ),
    "m5-delivery": (
        (
            "Closing and move-in events",
            "收官与入伙活动",
            "executed",
            (("events-5", "Closing and move-in events", "收官与入伙活动"),),
        ),
        (
            "Sales end",
            "销售收尾",
            "complete",
            (
                (
                    "sales-end",
                    "Follow-up, transfer to the property company, deeds and after-sale",
                    "跟进、移交物业、办证与售后",
                ),
            ),
        ),
    ),
}


def reached(level: str | None, required: str) -> bool:
    """Return whether a level is at least the required one."""
    return level is not None and LEVELS.index(level) >= LEVELS.index(required)


ITEM_TITLES = {
    (milestone, key): T(words, zh=chinese)
    for milestone, areas in MILESTONES.items()
    for _, _, _, items in areas
    for key, words, chinese in items
}
"""Milestone and item → what is to be done."""
