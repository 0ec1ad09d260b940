"""DingTalk (钉钉) group robot.

Sources: open.dingtalk.com/document/orgapp/custom-robot-access (sending, signature, rate) and the codes listed
there; a robot that sends more than 20 messages a minute is mute for ten minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import quote_plus

from serviceflow.remind.channels.coded import Code, judge, post_json
from serviceflow.remind.channels.deadline import CALL_TIMEOUT
from serviceflow.remind.outcomes import Ability, Letter, Opaque, Outcome, Rate
from serviceflow.texts import T

MUTE = 600
_SETTINGS = T(
    "Group settings > robot > security settings; then: flow channel test CHANNEL",
    zh="群设置 > 机器人 > 安全设置; 然后: flow channel test 渠道名",
)
_ANEW = T("Copy the robot's address anew from the group's settings.", zh="请在群设置中重新复制机器人地址。")
_REWORD = T("Reword the text.", zh="请修改文字。")
CODES: dict[int, Code] = {
    -1: Code("retry", T("DingTalk is busy", zh="钉钉系统繁忙")),
    88: Code("fault", T("DingTalk: not authorised", zh="钉钉: 鉴权异常"), _ANEW),
    404: Code("fault", T("DingTalk: the address does not exist", zh="钉钉: 请求地址不存在"), _ANEW),
    40035: Code("reject", T("DingTalk: parameter missing or wrong", zh="钉钉: 缺少参数或参数不合法")),
    43004: Code("reject", T("DingTalk refuses the content type", zh="钉钉: Content-Type 无效")),
    130101: Code("throttle", T("DingTalk: more than 20 messages a minute", zh="钉钉: 每分钟超过 20 条"), rest=MUTE),
    300001: Code("fault", T("DingTalk: the robot's token does not exist", zh="钉钉: 机器人 token 不存在"), _ANEW),
    300005: Code("fault", T("DingTalk: the robot's token does not exist", zh="钉钉: 机器人 token 不存在"), _ANEW),
    310000: Code(
        "fault",
        T("DingTalk: keyword, signature or address does not match", zh="钉钉: 关键词、签名或 IP 不匹配"),
        _SETTINGS,
    ),
    400013: Code("fault", T("DingTalk: the group was dissolved", zh="钉钉: 群已被解散"), _ANEW),
    400101: Code("fault", T("DingTalk: the access token does not exist", zh="钉钉: access_token 不存在"), _ANEW),
    400102: Code(
        "fault",
        T("DingTalk: the robot is switched off", zh="钉钉: 机器人已停用"),
        T("Switch it on in the group's settings.", zh="请在群设置中启用机器人。"),
    ),
    400105: Code("reject", T("DingTalk does not know this kind of message", zh="钉钉: 不支持的消息类型")),
    400106: Code("fault", T("DingTalk: the robot does not exist", zh="钉钉: 机器人不存在"), _ANEW),
    410100: Code("throttle", T("DingTalk: sending too fast", zh="钉钉: 发送速度太快而限流"), rest=MUTE),
    430101: Code("reject", T("DingTalk: unsafe link in the text", zh="钉钉: 含有不安全的外链"), _REWORD),
    430102: Code("reject", T("DingTalk: unsuitable words in the text", zh="钉钉: 含有不合适的文本"), _REWORD),
    430103: Code("reject", T("DingTalk: unsuitable picture", zh="钉钉: 含有不合适的图片"), _REWORD),
    430104: Code("reject", T("DingTalk: unsuitable content", zh="钉钉: 含有不合适的内容"), _REWORD),
    460101: Code(
        "reject",
        T("DingTalk: the text is too long", zh="钉钉: 消息过长"),
        T("Shorten the text: flow remind check", zh="请缩短文字: flow remind check"),
    ),
}


class DingTalkRobot:
    """A robot in a group of the staff.

    Args:
        url: The robot's webhook address; its token is a secret.
        secret: For the security setting "signature", ``SEC…``.
        keyword: For the security setting "keyword": put before texts that do not hold it.
    """

    kind = "dingtalk-robot"
    ability: Ability = Opaque()
    rate: Rate | None = Rate(20, 60)
    most_bytes: int | None = 20_000
    shows_refusals = True
    by_hand = False

    def __init__(
        self, url: str, secret: str | None = None, keyword: str = "", *, timeout: float = CALL_TIMEOUT
    ) -> None:
        self.url = url
        self.secret = secret
        self.keyword = keyword
        self.timeout = timeout

    def send(self, letter: Letter) -> Outcome:
        """Send plain text."""
        text = letter.body if self.keyword in letter.body else f"{self.keyword} {letter.body}"
        payload = {"msgtype": "text", "text": {"content": text}}
        return judge(post_json(self._signed(), payload, timeout=self.timeout), ("errcode",), ("errmsg",), CODES)[0]

    def _signed(self) -> str:
        if self.secret is None:
            return self.url
        stamp = str(round(time.time() * 1000))
        digest = hmac.new(self.secret.encode(), f"{stamp}\n{self.secret}".encode(), hashlib.sha256).digest()
        return f"{self.url}&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"

    def finish(self) -> None:
        """Nothing is kept open."""
