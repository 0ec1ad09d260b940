"""``flow manufacturing …`` (alias ``flow mfg``): review, plan, money and registers. Source: manufacturing.md 8."""

from __future__ import annotations

import typer

from serviceflow_manufacturing.commands import figures, goods, money, orders, registers, review, routes
from serviceflow_manufacturing.commands.deeds import add

app = typer.Typer(no_args_is_help=True)
entry = typer.Typer(no_args_is_help=True, help=registers.ENTRY_HELP)
calendar = typer.Typer(no_args_is_help=True, help=registers.CALENDAR_HELP)
route = typer.Typer(no_args_is_help=True, help=routes.HELP)


add(app, "quote", orders.quote, "当前报价的系数与价格, 或成本")
add(app, "classify", review.classify, "合同类别、路线及依据")
add(app, "review", review.review, "六个要点、会签、谁可签、期限")
add(app, "sign", review.sign, "会签评审(或其他待批事项); 多个岗位可签时用 --as")
add(app, "delegate", registers.delegate, "委托他人代签一个岗位, 起止日均含; --revoke 撤销")
add(app, "diff", review.diff, "两版之间的差异, 默认最近两版或未完成的变更")
add(app, "ack", orders.ack, "本部门确认销售订单, 或提出疑问")
add(app, "plan", orders.plan, "订单计划; 按另一交期预览; 列出落在休息日的节点")
add(app, "late", orders.late, "逾期事项与订单预计")
add(app, "materials", orders.materials, "物料需求、到厂与需到日期")
add(app, "ar", money.ar, "未收应收, 最早的在前")
add(app, "pay", money.pay, "登记收款")
add(app, "promise", money.promise, "登记付款承诺; 到期前不再催")
add(app, "writeoff", money.writeoff, "申请核销应收; 营销中心总经理签字")
add(app, "survey", registers.survey, "登记客户评分")
add(app, "product", goods.product, "产品型谱; 登记或修改一个产品")
add(app, "experience", goods.experience, "经验价; 登记或修改一个品类")
add(app, "profile", goods.profile, "客户资料: 地区、等级、业务台、渠道、付款条件、唛头")
add(app, "notes", registers.notes, "导出回访记录与联系方式(--csv 存文件); 记录导出人与时间")
add(app, "target", registers.target, "设月度销售目标")
add(app, "kpi", figures.kpi, "期间指标, 起止日均含; --as-of 看当时的情况")
add(app, "handover", registers.handover, "交接项目与所缺签字")
add(entry, "close", registers.close_day, "录单日结账: 单数须相符, 应发已发, 否则写明原因")
add(calendar, "load", registers.load_calendar, "载入休息日与调休上班日; 已有的日子被替换")
add(calendar, "show", registers.show_calendar, "一个月的工作日及依据")
add(route, "test", routes.test, "用情形表检验路线; 有不符即失败")
add(route, "show", routes.show, "按顺序列出规则与各路线的签字阶段")
add(route, "rules", routes.rules, "签字的其他规则与所在设置")
app.add_typer(entry, name="entry")
app.add_typer(calendar, name="calendar")
app.add_typer(route, name="route")
