"""Which channels this machine has: ``channels.toml`` beside the database, secrets by reference.

A file, not settings in the database: a mail account or a robot belongs to the machine that may use it, and a
secret must never reach the database, its backups or its journal. What a machine does not have stays for those that do.

    [channel.email]                     # the name messages carry
    kind = "smtp"
    host = "smtp.example.com"
    sender = "shop@example.com"
    user = "shop@example.com"
    password = "env:FLOW_SMTP_PASSWORD" # or "file:/etc/flow/smtp-password", mode 0600

    [digest]
    channel = "wecom-group"
"""

from __future__ import annotations

import importlib
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serviceflow.errors import ConfigError, FlowError
from serviceflow.remind.outcomes import ByTemplate, Channel, Rate
from serviceflow.remind.reasons import fault_of
from serviceflow.store.place import Place, shop_folder
from serviceflow.texts import T, plain

if TYPE_CHECKING:
    from serviceflow.app import Shop
    from serviceflow.store.read import Reader
    from serviceflow.store.tables import Staff

KINDS: dict[str, str] = {
    "hand": "serviceflow.remind.channels.hand:Hand",
    "file": "serviceflow.remind.channels.files:Files",
    "smtp": "serviceflow.remind.channels.smtp:Smtp",
    "webhook": "serviceflow.remind.channels.webhook:Webhook",
    "wecom-robot": "serviceflow.remind.channels.wecom:WecomRobot",
    "wecom-app": "serviceflow.remind.channels.wecom:WecomApp",
    "dingtalk-robot": "serviceflow.remind.channels.dingtalk:DingTalkRobot",
    "feishu-robot": "serviceflow.remind.channels.feishu:FeishuRobot",
    "feishu-app": "serviceflow.remind.channels.feishu:FeishuApp",
    "apprise": "serviceflow.remind.channels.apprise:AppriseChannel",
}
"""Kinds of the core; plugins add theirs by an entry point in ``serviceflow.channels``."""

GROUP_KINDS = frozenset({"wecom-robot", "dingtalk-robot", "feishu-robot"})
"""Kinds that write to one group, whoever is named: all get one digest there."""

SECRETS = frozenset({"password", "secret", "url", "ask_url", "token", "key"})
"""Options whose value is a secret: by reference, or written out only in a file nobody else can read."""

BY_HAND = ("sms", "wechat", "phone", "hand")
"""Channels that a person serves where nothing is set up: what shops without a provider really do."""


@dataclass(slots=True)
class Channels:
    """The channels of this machine, made when they are first used.

    Attributes:
        shop: Whose they are.
        file: Where they are set up.
        named: Options by channel name, as the file has them.
        digest: Name of the channel the staff digest goes over.
        accounts: Staff login to account on the digest's channel, where it is neither e-mail nor login.
        broken: Channels that cannot be made, with what is wrong; messages for them stay.
    """

    shop: Shop | Reader
    file: Path
    named: dict[str, dict[str, Any]] = field(default_factory=dict)
    digest: str = "file"
    accounts: dict[str, str] = field(default_factory=dict)
    broken: dict[str, FlowError] = field(default_factory=dict)
    _made: dict[str, Channel] = field(default_factory=dict)

    def get(self, name: str) -> Channel | None:
        """Return the channel of this name, ``None`` when its set-up is broken."""
        if name in self.broken:
            return None
        if name not in self._made:
            try:
                self._made[name] = make_channel(self.shop, name, self.options(name), self.file)
            except FlowError as cause:
                self.broken[name] = cause
                return None
        return self._made[name]

    def options(self, name: str) -> dict[str, Any]:
        """Return a channel's options; what is not set up is served by hand, or written to files."""
        return self.named.get(name, {"kind": "hand" if name in BY_HAND else "file"})

    def kind(self, name: str) -> str:
        """Return the kind of a channel without making it."""
        return str(self.options(name).get("kind", ""))

    def address_of(self, member: Staff) -> str:
        """Return where a member of staff gets the digest."""
        account = self.accounts.get(member.login)
        return account or (member.email or "" if self.kind(self.digest) == "smtp" else member.login)

    def by_template(self) -> list[str]:
        """Return the names of the channels that send approved words only."""
        return [name for name in self.named if isinstance(self.get(name), ByTemplate)]

    def finish(self) -> list[T]:
        """Close what the channels kept open; return what went wrong with it."""
        failed = []
        for name, channel in self._made.items():
            try:
                channel.finish()
            except (Exception, SystemExit) as cause:  # of a plugin, or no room for the printable sheet
                failed.append(T("channel {name}: {why}", zh="渠道 {name}: {why}").of(name=name, why=fault_of(cause)))
        return failed


def channels_file(place: Place) -> Path:
    """Return where this machine's channels are set up: ``FLOW_CHANNELS``, or in the shop's folder."""
    given = os.environ.get("FLOW_CHANNELS")
    return Path(given) if given else shop_folder(place) / "channels.toml"


def load_channels(shop: Shop | Reader) -> Channels:
    """Read the set-up of this machine; a missing file means: by hand, and files.

    Raises:
        ConfigError: The file cannot be read or is no TOML.
    """
    file = channels_file(shop.place)
    if not file.exists():
        return Channels(shop, file)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        if not all(isinstance(options, dict) for options in (raw.get("digest", {}), *raw.get("channel", {}).values())):
            raise ValueError("[channel.NAME], [digest]")
    except (OSError, ValueError, AttributeError) as cause:
        raise ConfigError(
            T("{file} cannot be read: {why}", zh="无法读取 {file}: {why}").of(file=file, why=cause),
            T("Correct the file, or move it away: then messages wait for hands and go to files.",
              zh="请更正该文件; 或先移走: 消息改为人工发送或写入文件。"),
            ref="channel.file",
        ) from cause  # fmt: skip
    digest = raw.get("digest", {})
    return Channels(
        shop, file, dict(raw.get("channel", {})), str(digest.get("channel", "file")), dict(digest.get("accounts", {}))
    )


def make_channel(shop: Shop | Reader, name: str, options: Mapping[str, Any], file: Path) -> Channel:
    """Make a channel from its options.

    Raises:
        ConfigError: An unknown kind or option, a missing one, or a secret that cannot be read safely.
    """
    given = dict(options)
    kind = str(given.pop("kind", ""))
    if kind == "file":
        given = {"folder": str(shop_folder(shop.place) / "outbox"), "zone": shop.zone, **given}
    factory = _factory(kind, name)
    values: dict[str, Any] = {}
    for option, value in given.items():
        if option == "rate":
            values[option] = _rate(str(value), name, file)
        elif option in SECRETS and isinstance(value, str):
            values[option] = _secret(value, f"{name}.{option}", file)
        elif option == "folder":
            values[option] = Path(str(value))
        else:
            values[option] = value
    wrong = _wrong_options(factory, values)
    if wrong is None and kind in KINDS and kind != "apprise":
        wrong = _wrong_address(values)
    if wrong is None:
        try:
            return factory(**values)
        except FlowError:
            raise
        except Exception as cause:  # a plugin's class may refuse its options in any way
            wrong = plain(str(cause)) if isinstance(cause, ValueError) and str(cause) else fault_of(cause)
    raise ConfigError(
        T("Channel {name}: {why}", zh="渠道 {name}: {why}").of(name=name, why=wrong), _correct(file),
        ref="channel.option",
    )  # fmt: skip


def _wrong_address(values: Mapping[str, Any]) -> T | None:
    """Return what is wrong with an address; found out at sending, it would leave its messages in doubt."""
    from serviceflow.remind.channels.http import Address

    for option in ("url", "ask_url", "api"):
        if values.get(option) is not None:
            try:
                Address.of(values[option])
            except ConfigError as cause:
                return T("{option}: {why}", zh="{option}: {why}").of(option=option, why=cause.sentence)
    return None


def _rate(said: str, name: str, file: Path) -> Rate:
    """Return a rate written as ``20/60``: so many in so many seconds."""
    count, _, seconds = said.partition("/")
    if count.isdecimal() and int(count) and (not seconds or (seconds.isdecimal() and int(seconds))):
        return Rate(int(count), int(seconds or 60))
    raise ConfigError(
        T("Channel {name}: rate = {said} is not like 20/60 (messages/seconds)",
          zh="渠道 {name}: rate = {said} 不是 20/60 (条数/秒) 这样的写法").of(name=name, said=repr(said)),
        _correct(file), ref="channel.option")  # fmt: skip


def _wrong_options(factory: Callable[..., Channel], given: Mapping[str, Any]) -> T | None:
    """Return what is missing, unknown or of the wrong kind among a channel's options."""
    from inspect import signature

    known = signature(factory).parameters
    needed = [name for name, option in known.items() if option.default is option.empty and name not in given]
    if needed:
        return T("{options} missing", zh="缺少 {options}").of(options=", ".join(needed))
    for name, value in given.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = T("; did you mean {near}?", zh="; 是否指 {near}?").of(near=near[0]) if near else plain("")
            return T("there is no option {option}{hint}", zh="没有选项 {option}{hint}").of(option=name, hint=hint)
        kinds = _KINDS.get(str(known[name].annotation).partition(" |")[0])
        if kinds is not None and not isinstance(value, kinds):
            return T("{option} = {value} is of the wrong kind ({kind})", zh="{option} = {value} 类型不对({kind})").of(
                option=name, value="…" if name in SECRETS else repr(value), kind=str(known[name].annotation)
            )
    return None


_KINDS: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float), "bool": bool}


def _correct(file: Path) -> T:
    return T("Correct it in {file}.", zh="请在 {file} 中更正。").of(file=file)


def _factory(kind: str, name: str) -> Callable[..., Channel]:
    from importlib.metadata import entry_points

    target = KINDS.get(kind)
    if target is not None:
        module, _, attribute = target.partition(":")
        return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]
    offered = {point.name: point for point in entry_points(group="serviceflow.channels")}
    if kind in offered:
        try:
            return offered[kind].load()  # type: ignore[no-any-return]
        except Exception as cause:
            raise ConfigError(
                T(
                    "Channel {name}: the plugin of kind {kind} cannot be loaded: {why}",
                    zh="渠道 {name}: 无法加载 {kind} 的插件: {why}",
                ).of(name=name, kind=kind, why=cause),
                plain("flow doctor"),
                ref="channel.plugin",
            ) from cause
    near = get_close_matches(kind, [*KINDS, *offered], n=1)
    raise ConfigError(
        T("Channel {name}: there is no kind “{kind}”.", zh="渠道 {name}: 没有类型“{kind}”。").of(name=name, kind=kind),
        T("Did you mean {near}?", zh="是否指 {near}?").of(near=near[0])
        if near
        else plain(", ".join([*KINDS, *offered])),
        ref="channel.kind",
    )


def _secret(value: str, what: str, file: Path) -> str:
    """Return a secret that is referred to (``env:NAME``, ``file:PATH``) or written out in a private file."""
    way, _, where = value.partition(":")
    if way == "env":
        found = os.environ.get(where)
        if not found:
            raise ConfigError(
                T("{what}: the environment has no {name}.", zh="{what}: 环境变量 {name} 不存在。").of(
                    what=what, name=where
                ),
                plain(f"export {where}=…"),
                ref="channel.secret",
            )
        return found
    if way == "file":
        path = Path(where)
        _private(path, what)
        return path.read_text(encoding="utf-8").strip()
    _private(file, what)
    return value


def _private(path: Path, what: str) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as cause:
        raise ConfigError(
            T("{what}: {file} cannot be read.", zh="{what}: 无法读取 {file}。").of(what=what, file=path),
            None,
            ref="channel.secret",
        ) from cause
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise ConfigError(
            T("{what}: {file} can be read by others.", zh="{what}: 其他人可以读取 {file}。").of(what=what, file=path),
            plain(f"chmod 600 {path}"),
            ref="channel.secret",
        )
