"""What each command does, in Chinese beside the English of its docstring."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Final

import typer
from serviceflow_cli.api import label

ZH: Final[Mapping[str, str]] = {
    "daily": "每日运行: 收件导入、细分、关注、服务、推送; 各步单独提交。",
    "why": "说明客户为何属于该细分: 逐条规则及所见数值。",
    "history": "查看客户的变动记录。",
    "pin": "人工指定客户的细分, 至某日为止。",
    "unpin": "取消人工指定。",
    "contact": "登记与客户的联系; 到期的服务联系随之完成。",
    "callback": "列出本年待回访客户, 或登记一次成功回访。",
    "client": "查看客户档案。",
    "open": "按客户号发起流程; flow new 则按姓名。",
    "need": "登记客户的业务需要, 或其结果。",
    "match": "查看产品今天是否适合客户; 不作更改。",
    "rate": "查看客户的年佣金、可节省金额和审批人。",
    "refer": "登记渠道推荐的客户。",
    "statement": "逐行查看渠道某月的结算。",
    "ask": "受理客户提问, 24小时均可。",
    "subscribe": "客户自选主题。",
    "unsubscribe": "客户退订主题; 服务计划不再加回。",
    "report": "查看报表: segments、migration、watch、churn、retention、service、callback 等。",
    "import regions": "导入地区。",
    "import products": "导入产品。",
    "import clients": "导入客户。",
    "import accounts": "导入账户。",
    "import snapshots": "导入快照。",
    "import referrals": "导入推荐。",
    "import events": "导入活动事件。",
    "import undo": "撤销一个批次。",
    "import list": "列出批次。",
    "rules lint": "检查规则文件。",
    "rules load": "检查规则文件并启用。",
    "rules show": "显示现行规则文件。",
    "segment run": "按某日数据划分全部客户。",
    "segment matrix": "查看两日之间的细分迁移。",
    "segment diff": "比较两份规则: 谁会变更及原因。",
    "segment list": "列出某细分或标签的客户, 价值高者在前。",
    "segment why": "说明客户为何属于该细分: 逐条规则及所见数值。",
    "watch list": "列出未解除的预警, 等级高者在前。",
    "watch show": "查看一条预警: 数据、后续任务和话术。",
    "watch rules": "列出关注规则。",
    "watch set": "更改关注规则, 下次运行起生效; 未写的不变。",
    "watch run": "按某日数据产生和解除预警。",
    "watch done": "完成关注任务并登记结果。",
    "service run": "安排一天的服务联系。",
    "plan show": "查看各细分的服务计划。",
    "plan set": "更改某细分的服务计划; 未写的不变。",
    "campaign new": "新建活动。",
    "campaign change": "修改草稿。",
    "campaign target": "预览今天可触达的客户及排除原因; 不作更改。",
    "campaign submit": "提交审批。",
    "campaign approve": "审批活动: 负责人, 涉及有风险等级的产品时另须合规。",
    "campaign return": "退回给作者。",
    "campaign start": "固定成员并安排消息。",
    "campaign log": "登记成员的反应或员工的回复; 回复 T 即退订。",
    "campaign close": "立即结束进行中的活动。",
    "campaign cancel": "取消活动; 未发消息一并撤回。",
    "campaign list": "列出活动。",
    "campaign members": "列出目标、对照组和被排除的客户。",
    "campaign report": "活动效果: 触达、响应、互动、转化、提升、成本。",
    "risk assess": "按答卷或分数登记今天的风险测评。",
    "risk approve": "复核通过待合规复核的测评。",
    "risk reject": "复核不通过待合规复核的测评。",
    "risk questions": "查看问卷: 题目、选项、分值。",
    "risk list": "列出待复核测评, 或某客户的全部测评。",
    "referral reassign": "申请把客户改归另一渠道, 须写明原因; 首张冻结结算单之前可行。",
    "referral approve": "审批改派: 营业部负责人与合规均须同意, 不得审批自己的申请。",
    "referral refuse": "不同意改派, 归属不变。",
    "referral list": "列出待审批的改派; --all 列出全部。",
    "partner list": "列出渠道、现行协议和推荐结果。",
    "partner add": "登记渠道; 协议另行发起: flow new broker.partner-agreement 名称。",
    "region list": "列出各地区的入口产品及规则结果。",
    "region suggest": "重新计算各地区的入口产品; 人工选择保留。",
    "region set": "人工选择地区的入口产品, 或交还规则。",
    "topic add": "新增主题, 或更改名称。",
    "topic list": "列出主题。",
    "coverage set": "设定谁写哪个主题、频率和截止时间; 提问也转给他们。",
    "coverage list": "列出覆盖分工。",
    "note add": "起草报告。",
    "note review": "提交复核。",
    "note publish": "发布报告, 须由他人发布。",
    "note withdraw": "撤回已发布的报告, 并通知已收到的客户。",
    "note list": "列出报告, 新的在前。",
    "note show": "显示报告。",
    "push run": "推送已发布且尚未推送的报告。",
}
"""By the words that are typed."""


def commands_of(group: typer.Typer, before: str = "") -> Iterator[tuple[str, typer.models.CommandInfo]]:
    """Return every command of a group and of its groups, with the words that are typed."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{before}{command.name or command.callback.__name__}", command
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands_of(inner.typer_instance, f"{before}{inner.name} ")


def summarise(group: typer.Typer) -> None:
    """Give every command its summary in the language of this process."""
    for words, command in commands_of(group):
        said = inspect.getdoc(command.callback) or ""
        command.help = label(said, zh=ZH.get(words, said))
