"""What a file lies on: SQLite's write-ahead log needs one machine's memory, so network file systems are refused."""

from __future__ import annotations

from pathlib import Path

from serviceflow.errors import CannotWrite
from serviceflow.texts import T, plain

NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse"})
MOUNTS = Path("/proc/self/mountinfo")


def filesystem_of(path: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the kind of file system ``path`` is or would be on, ``None`` where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    whole = path.absolute().resolve()
    best: tuple[int, str] | None = None
    for line in lines:
        left, _, right = line.partition(" - ")
        where = Path(left.split()[4].replace("\\040", " "))
        # The last of several mounts on one folder is the one in sight.
        if whole.is_relative_to(where) and (best is None or len(where.parts) >= best[0]):
            best = len(where.parts), right.split()[0]
    return best[1] if best else None


def is_network(kind: str | None) -> bool:
    """Whether a kind of file system shares files between machines; ``fuseblk`` is a local disk."""
    return kind is not None and (kind in NETWORK or kind.startswith("fuse."))


def refuse_network_file(path: Path, mounts: Path = MOUNTS) -> None:
    """Agree when ``path`` lies on a disk of this machine.

    Raises:
        CannotWrite: It lies on a network file system.
    """
    kind = filesystem_of(path, mounts)
    if is_network(kind):
        raise CannotWrite(
            T(
                "{path} lies on a network file system ({kind}), where SQLite files get damaged.",
                zh="{path} 位于网络文件系统({kind}), SQLite 文件在此会损坏。",
            ).of(path=path, kind=kind),
            T(
                "Put the file on a local disk; several machines share a shop through PostgreSQL: {how}",
                zh="请放到本机磁盘; 多台机器请用 PostgreSQL: {how}",
            ).of(how=plain("flow init --db postgresql://host/shop")),
            ref="network-file",
        )
