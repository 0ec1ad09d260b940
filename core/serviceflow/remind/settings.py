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

    def finish(self) -> None:
        """Close what the channels kept open."""
        for channel in self._made.values():
            channel.finish()


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
    except (OSError, ValueError) as cause:
        raise ConfigError(
            T("{file} cannot be read: {why}", zh="无法读取 {file}: {why}").of(file=file, why=cause),
            plain("flow channel list"),
            ref="channel.file",
        ) from cause
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
            count, _, seconds = str(value).partition("/")
            values[option] = Rate(int(count), int(seconds or 60))
        elif option in SECRETS and isinstance(value, str):
            values[option] = _secret(value, f"{name}.{option}", file)
        elif option == "folder":
            values[option] = Path(str(value))
        else:
            values[option] = value
    try:
        return factory(**values)
    except TypeError as cause:
        raise ConfigError(
            T("Channel {name}: {why}", zh="渠道 {name}: {why}").of(
                name=name, why=str(cause).rpartition("__init__() ")[2]
            ),
            T("Correct it in {file}.", zh="请在 {file} 中更正。").of(file=file),
            ref="channel.option",
        ) from cause


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
