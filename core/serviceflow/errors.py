"""What can go wrong that a person can mend: one sentence, one way out, one exit code.

Everything else is our fault and keeps its traceback.
"""

from __future__ import annotations

import enum

from serviceflow.texts import T


class Exit(enum.IntEnum):
    """The one table of exit codes (core.md section 4); printed into ``docs/reference/exit-codes.md``."""

    DONE = 0
    PARTLY = 1
    BAD_INPUT = 2
    REFUSED = 3
    CHANGED = 4
    ATTENTION = 10
    SCHEMA = 70
    CANNOT_WRITE = 73
    STORAGE = 74
    TRY_AGAIN = 75
    CONFIG = 78
    INTERRUPTED = 130


EXIT_MEANING: dict[Exit, T] = {
    Exit.DONE: T("done", zh="完成"),
    Exit.PARTLY: T("partly failed; what failed is listed", zh="部分失败, 失败项已列出"),
    Exit.BAD_INPUT: T("bad input; nothing was changed", zh="输入有误, 未做任何更改"),
    Exit.REFUSED: T("refused by a rule; nothing was changed", zh="规则不允许, 未做任何更改"),
    Exit.CHANGED: T("changed by somebody else meanwhile; look again", zh="已被他人更改, 请重看"),
    Exit.ATTENTION: T("a person must look (failed, uncertain, overdue)", zh="需要人工处理(失败、不确定、逾期)"),
    Exit.SCHEMA: T("the database is newer or older than the program", zh="数据库版本与程序不符"),
    Exit.CANNOT_WRITE: T("the place cannot be written", zh="无法写入"),
    Exit.STORAGE: T("storage fault: disk full or damaged file", zh="存储故障: 磁盘已满或文件损坏"),
    Exit.TRY_AGAIN: T("busy or out of reach; try again later", zh="繁忙或无法连接, 请稍后再试"),
    Exit.CONFIG: T("configuration is missing or wrong", zh="配置缺失或有误"),
    Exit.INTERRUPTED: T("interrupted by Ctrl-C; nothing half-done", zh="已用 Ctrl-C 中断, 没有半途的更改"),
}


class FlowError(Exception):
    """A refusal or fault a person can mend.

    Args:
        sentence: What is wrong, with the facts.
        way_out: What to do about it; a command to type where there is one. ``None`` says there is none.
        ref: Stable id of the rule or error, such as ``studio.deposit.min``; shown in brackets.
    """

    exit_code: Exit = Exit.BAD_INPUT
    ref: str = ""

    def __init__(self, sentence: T, way_out: T | None = None, *, ref: str | None = None) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.way_out = way_out
        if ref is not None:
            self.ref = ref


class BadInput(FlowError):
    """The words or values given cannot be understood or are of the wrong kind."""

    exit_code = Exit.BAD_INPUT


class Refused(FlowError):
    """A rule of the trade or of the core says no."""

    exit_code = Exit.REFUSED


class ChangedMeanwhile(FlowError):
    """Somebody else changed the row after it was read."""

    exit_code = Exit.CHANGED


class SchemaMismatch(FlowError):
    """The database belongs to another version of the program."""

    exit_code = Exit.SCHEMA


class CannotWrite(FlowError):
    """The file or folder is read-only or missing."""

    exit_code = Exit.CANNOT_WRITE


class StorageFault(FlowError):
    """Disk full, input/output error, damaged database."""

    exit_code = Exit.STORAGE


class TryAgain(FlowError):
    """Busy for too long, or a server that cannot be reached."""

    exit_code = Exit.TRY_AGAIN


class ConfigError(FlowError):
    """No shop here, an unknown setting, a value out of range, a calendar year without data."""

    exit_code = Exit.CONFIG
