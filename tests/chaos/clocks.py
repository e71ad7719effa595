"""Clocks that step: a process's wall clock jumps while it runs, and stays where it jumped to when it starts again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("stepped_clock.c")
LIBRARY = "stepped_clock.so"


class Clocks:
    """One wall clock for each name. Where no C compiler is at hand there are none, and `work` is false."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._steps: dict[str, int] = {}
        self._library = folder / LIBRARY
        self.work = self._compile()

    def environment(self, name: str) -> dict[str, str]:
        """Give what a process's environment needs for it to go by the clock of that name."""
        if not self.work:
            return {}
        if name not in self._steps:
            self.step(name, 0)
        return {"LD_PRELOAD": str(self._library), "STEPPED_CLOCK": str(self._file(name))}

    def step(self, name: str, seconds: int) -> None:
        """Set a clock forward by so many seconds, or back."""
        self._steps[name] = self._steps.get(name, 0) + seconds
        with self._file(name).open("r+b" if self._file(name).exists() else "wb") as file:
            file.write(self._steps[name].to_bytes(8, sys.byteorder, signed=True))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '-')}.clock"

    def _compile(self) -> bool:
        compiler = shutil.which("cc")
        if compiler is None or sys.platform != "linux":
            return False
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE), "-ldl"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
