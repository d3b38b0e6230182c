"""Disks that are full or read-only: a small one in memory where we may mount it, else limits that act alike.

with small_disk(folder) as disk:
    disk.fill(leave=8192)
    done = disk.mtbench("gen-answers", ...)  # in disk.folder
    disk.make_room()
"""

import ctypes
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import command, environment
from tests.support.forked import Command

_SIZE = 512 * 1024

_LIBC = ctypes.CDLL(None)
_DROP, _PASS_BY_PERMISSIONS = 24, 1
"""PR_CAPBSET_DROP and CAP_DAC_OVERRIDE: without the latter, root is held by permissions as others are."""


@dataclass(frozen=True)
class Done:
    """A command that has ended: exit code, and what it printed."""

    code: int
    printed: str


class SmallDisk:
    """A tmpfs. `folder` is where it is seen from here; `_enter` comes before commands that see it."""

    def __init__(self, folder: Path, place: Path, enter: Sequence[str]) -> None:
        self.folder, self._place, self._enter = folder, place, list(enter)

    def mtbench(self, *arguments: str) -> Done:
        """Runs a command in the disk's folder."""
        if self._enter:
            return _run(
                [*self._enter, "sh", "-c", 'cd "$0" && exec "$@"', str(self._place), *command(*arguments)], self._place
            )
        printed = self._place.with_name("printed")
        printed.unlink(missing_ok=True)
        return Done(Command(self._place, arguments, printed=printed).wait(), printed.read_text())

    def fill(self, leave: int) -> None:
        """Leaves so many bytes, or as few pages as hold them."""
        with (self.folder / "filler").open("ab", buffering=0) as filler, suppress(OSError):
            while (free := self._free()) > leave:
                filler.write(b"\0" * min(free - leave, 65536))

    def make_room(self) -> None:
        (self.folder / "filler").unlink()

    def make_read_only(self) -> None:
        self._mount("ro")

    def make_writable(self) -> None:
        self._mount("rw")

    def _free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def _mount(self, option: str) -> None:
        subprocess.run([*self._enter, "mount", "-o", f"remount,{option}", str(self._place)], check=True)


class Limits:
    """Where nothing can be mounted: no file may grow beyond a size (a short write, then an error, as when it is full);
    a folder is read-only by its permissions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._leave: int | None = None
        self._read_only = False

    def mtbench(self, *arguments: str) -> Done:
        def limit() -> None:
            if self._leave is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (self._leave, self._leave))
            if self._read_only and os.geteuid() == 0 and _LIBC.prctl(_DROP, _PASS_BY_PERMISSIONS) != 0:
                raise OSError("root may not give up its right to write everywhere")

        return _run(command(*arguments), self.folder, limit)

    def fill(self, leave: int) -> None:
        self._leave = max((path.stat().st_size for path in self.folder.rglob("*.jsonl")), default=0) + leave // 4

    def make_room(self) -> None:
        self._leave = None

    def make_read_only(self) -> None:
        self._read_only = True
        self._allow(0o555, 0o444)

    def make_writable(self) -> None:
        self._read_only = False
        self._allow(0o755, 0o644)

    def _allow(self, folders: int, files: int) -> None:
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(folders if path.is_dir() else files)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | Limits]:
    """A disk of half a megabyte at `folder`, or what comes nearest to one on this machine."""
    folder.mkdir()
    for kind in (_mounted, _in_a_namespace):
        with kind(folder) as disk:
            if disk:
                yield disk
                return
    yield Limits(folder)


@contextmanager
def _mounted(folder: Path) -> Iterator[SmallDisk | None]:
    made = _quietly(["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=755", "tmpfs", str(folder)])
    if not made:
        yield None
        return
    try:
        yield SmallDisk(folder, folder, ())
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def _in_a_namespace(folder: Path) -> Iterator[SmallDisk | None]:
    """Mounted where a process of its own user namespace sees it, which a user may make who is not root."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        yield None
        return
    script = f"mount -t tmpfs -o size={_SIZE},mode=755 tmpfs {folder} && echo there && exec sleep 600"
    holder = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout
        there = holder.stdout.readline() == "there\n"
        enter = ["nsenter", "--target", str(holder.pid), "--user", "--preserve-credentials", "--mount"]
        seen = Path(f"/proc/{holder.pid}/root{folder}")
        yield SmallDisk(seen, folder, enter) if there and _quietly([*enter, "true"]) else None
    finally:
        holder.kill()
        holder.communicate()


def _quietly(words: Sequence[str]) -> bool:
    try:
        return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def _run(words: list[str], folder: Path, limit: Callable[[], None] | None = None) -> Done:
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment(folder, {"OPENAI_API_KEY": "none"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        preexec_fn=limit,
        check=False,
    )
    return Done(done.returncode, done.stdout)
