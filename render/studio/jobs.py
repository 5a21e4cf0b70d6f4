"""Jobs: flights that are rendered large while the flight goes on, one after the other, each by a `render` of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

QUALITIES = ("final", "draft", "flown")
NICER = 10  # how far a job stands back behind the flight
MOST_WORDS = 2000  # letters of what a job that failed says


@dataclass(frozen=True)
class Job:
    """One flight to be rendered."""

    number: int
    file: Path  # its YAML
    flight: str
    size: str
    quality: str
    stage: str = "queued"
    share: float = 0.0  # of its dreams that are done
    left: float | None = None  # seconds
    url: str = ""  # of its film
    text: str = ""  # why it failed


def render_command(job: Job, root: Path) -> list[str]:
    """The command that renders a job, and says how it gets on as JSON lines."""
    draft = ["-q", "draft"] if job.quality == "draft" else []
    return [sys.executable, "-m", "render", str(job.file), "--progress", "json", "-o", str(root), "--yes", *draft]


class Jobs:
    """The queue, and the thread that works on it."""

    def __init__(
        self, root: Path, tell: Callable[[dict[str, Any]], None], command: Callable[[Job, Path], list[str]] | None = None
    ) -> None:
        self.root, self.tell, self.command = root, tell, command or render_command
        self.jobs: dict[int, Job] = {}
        self._change = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._ending = False

    def add(self, file: Path, flight: str, size: str, quality: str) -> None:
        """One more at the end of the queue."""
        with self._change:
            number = len(self.jobs) + 1
            self.jobs[number] = Job(number, file, flight, size, quality)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="studio-jobs", daemon=True)
                self._thread.start()
            self._change.notify_all()
        self._tell()

    def cancel(self, number: int) -> None:
        """Stop a job, or take it out of the queue. What it dreamed is safe."""
        with self._change:
            job = self.jobs.get(number)
            if job and job.stage in ("queued", "dreaming", "developing"):
                if job.stage != "queued":
                    self._stop()
                self.jobs[number] = replace(job, stage="cancelled")
        self._tell()

    def close(self) -> None:
        """End: the job at work stops, and its take stays to be gone on with."""
        with self._change:
            self._ending = True
            self._stop()
            self._change.notify_all()
        if self._thread:
            self._thread.join(5)

    def _stop(self) -> None:
        if self._process:
            with suppress(OSError):
                self._process.send_signal(signal.SIGINT)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._ending or self._next() is not None)
                job = self._next()
                if self._ending or job is None:
                    return
                self._update(job.number, stage="dreaming")
                try:
                    self._process = self._begin(job)
                except OSError as error:  # too many processes, or no memory for one more
                    self._update(
                        job.number, stage="failed", text=f"cannot be started: {error.strerror or 'the machine is full'}"
                    )
                    continue
            self._tell()
            self._follow(job.number, self._process)

    def _next(self) -> Job | None:
        return next((job for job in self.jobs.values() if job.stage == "queued"), None)

    def _begin(self, job: Job) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.command(job, self.root),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        if hasattr(os, "setpriority"):  # from here: what a child of a process of many threads does before its program may hang
            with suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICER)
        return process

    def _follow(self, number: int, process: subprocess.Popen[str]) -> None:
        """Tell how a job gets on, until it ends."""
        words: list[str] = []
        assert process.stderr
        assert process.stdout
        for line in process.stderr:
            try:
                fact = json.loads(line)
                done, last = int(fact["tick"]) + 1, int(fact["last"]) + 1
                stage = "developing" if done >= last else "dreaming"
                self._update(number, stage=stage, share=done / last, left=float(fact["left"]))
            except (ValueError, KeyError, TypeError):
                words = [*words, line][-40:]
                continue
            self._tell()
        paths = process.stdout.read().split("\n")
        process.stderr.close()
        process.stdout.close()
        code = process.wait()
        with self._change:
            self._process = None
            if self.jobs[number].stage == "cancelled":
                return
            film = next((Path(path) for path in paths if path), None)
            if code == 0 and film:
                self._update(number, stage="done", share=1.0, left=0.0, url=self._url(film))
            else:
                self._update(number, stage="failed", left=None, text="".join(words)[-MOST_WORDS:].strip())
        self._tell()

    def _url(self, film: Path) -> str:
        with suppress(ValueError):
            return "/takes/" + film.absolute().relative_to(self.root.absolute()).as_posix()
        return ""

    def _update(self, number: int, **changes: Any) -> None:
        if self.jobs[number].stage != "cancelled":
            self.jobs[number] = replace(self.jobs[number], **changes)

    def _tell(self) -> None:
        self.tell(self.message)

    @property
    def message(self) -> dict[str, Any]:
        """The message "jobs"."""
        rows = [
            {
                "job": job.number,
                "flight": job.flight,
                "size": job.size,
                "quality": job.quality,
                "stage": job.stage,
                "share": round(job.share, 4),
                "left": job.left,
                "url": job.url,
                "text": job.text,
            }
            for job in self.jobs.values()
        ]
        return {"type": "jobs", "jobs": rows}
