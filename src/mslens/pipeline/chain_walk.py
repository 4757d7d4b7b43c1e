"""One subject's entries in order: what is done, what must run, what is blocked or skipped.

A file counts as there when it exists and the step of this chain that makes it, if there is one,
is done: what is left of an earlier run is never taken for the result of a step that now failed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import InputError
from mslens.io.files import FETCH_CONTENT
from mslens.pipeline.failures import Problem, describe_problem
from mslens.pipeline.hashes import HashCache, HashingPostponed
from mslens.pipeline.ledger import Ledger, Verdict
from mslens.pipeline.outcomes import (
    OUTCOMES_ROLE,
    Outcome,
    outcome_of_entry,
    write_outcomes_text,
)
from mslens.pipeline.plan import Chain, Failure, Skip, Task

#: `recall_chain` reads no larger file than this that is not in the hash cache.
RECALL_LIMIT_BYTES = 4_000_000


@dataclass(frozen=True)
class Ready:
    """A task that must run.

    Parameters
    ----------
    task : Task
    files : dict of str to Path
        The inputs that are there.
    verdict : Verdict
    outcomes_text : bytes, optional
        Content of the file of the role ``outcomes``, to be written before the task runs.
    """

    task: Task
    files: dict[str, Path]
    verdict: Verdict
    outcomes_text: bytes | None


class ChainWalk:
    """The entries of a chain so far.

    Parameters
    ----------
    chain : Chain
    ledger : Ledger
    """

    def __init__(self, chain: Chain, ledger: Ledger) -> None:
        self.chain = chain
        self.ledger = ledger
        self.outcomes: list[Outcome] = []
        self._makers: dict[Path, Outcome] = {}

    def add(self, entry: Task | Skip | Failure, outcome: Outcome) -> Outcome:
        """Record what became of the next entry."""
        self.outcomes.append(outcome)
        if isinstance(entry, Task):
            self._makers.update(dict.fromkeys(entry.outputs.values(), outcome))
        return outcome

    def assess(self, entry: Task | Skip | Failure) -> Outcome | Ready:
        """Say what became of the next entry, or that it must run; runs and writes nothing."""
        if isinstance(entry, Skip):
            return outcome_of_entry(entry, "skipped", reason=entry.reason)
        if isinstance(entry, Failure):
            return outcome_of_entry(entry, "failed", problem=describe_problem(entry.error))
        try:
            return self._find_block(entry) or self._examine(entry)
        except HashingPostponed:
            raise
        except Exception as error:  # noqa: BLE001 - one bad subject never stops the rest
            return outcome_of_entry(entry, "failed", problem=describe_problem(error))

    def _find_block(self, task: Task) -> Outcome | None:
        sums_up = OUTCOMES_ROLE in task.inputs
        waits = self.outcomes if sums_up else self._makers_of(task)
        if any(maker.state == "pending" for maker in waits):
            return outcome_of_entry(task, "pending", reason="follows another step that must run")
        if sums_up:
            return None
        absent = {
            role: path
            for role, path in task.inputs.items()
            if role not in task.optional and not self._is_there(path)
        }
        for role, path in absent.items():
            if path in self._makers:
                return _block(task, role, self._makers[path])
        for role, path in absent.items():
            raise _absent_input(task, role, path)
        return None

    def _makers_of(self, task: Task) -> list[Outcome]:
        return [self._makers[path] for path in task.inputs.values() if path in self._makers]

    def _is_there(self, path: Path) -> bool:
        maker = self._makers.get(path)
        return (maker is None or maker.state == "done") and path.exists()

    def _examine(self, task: Task) -> Outcome | Ready:
        files = {
            role: path
            for role, path in task.inputs.items()
            if role != OUTCOMES_ROLE and self._is_there(path)
        }
        text, contents = None, {}
        if OUTCOMES_ROLE in task.inputs:
            text = write_outcomes_text(self.chain.subject, self.outcomes)
            contents = {OUTCOMES_ROLE: hashlib.sha256(text).hexdigest()}
        verdict = self.ledger.examine(task, files, contents=contents)
        if verdict.done:
            return outcome_of_entry(task, "done", marker=verdict.marker, cached=True)
        if text is not None:
            files[OUTCOMES_ROLE] = task.inputs[OUTCOMES_ROLE]
        return Ready(task, files, verdict, text)


def _absent_input(task: Task, role: str, path: Path) -> InputError:
    name = f"input '{role}' of step '{task.step.name}'"
    if path.is_symlink():
        return InputError(
            f"{name} is a link to something that is not here", where=path, cure=FETCH_CONTENT
        )
    return InputError(
        f"{name} is not there", where=path, cure="Run the step that makes it, or check the path"
    )


def _block(task: Task, role: str, maker: Outcome) -> Outcome:
    """Name the step that failed first, not the last of a row of blocked ones."""
    root = maker.reason if maker.state == "blocked" else maker.step
    what = f"input '{role}' is missing because step '{root}' failed"
    return outcome_of_entry(task, "blocked", reason=root, problem=Problem("Blocked", what))


def survey_chain(chain: Chain, out: Path) -> tuple[Outcome, ...]:
    """Say what is done and what would run (``pending``), without running anything.

    Parameters
    ----------
    chain : Chain
    out : Path
        Output folder, absolute.
    """
    cache = HashCache(out, chain.subject)
    walk = ChainWalk(chain, Ledger(out, chain.subject, cache))
    for entry in chain.entries:
        found = walk.assess(entry)
        if isinstance(found, Ready):
            found = outcome_of_entry(entry, "pending", reason=found.verdict.reason)
        walk.add(entry, found)
    return tuple(walk.outcomes)


def recall_chain(chain: Chain, out: Path) -> tuple[Outcome, ...] | None:
    """Return the outcomes of a chain in which nothing must run; else None, as soon as possible.

    No large file is read: whether a file is still the same is told by the hash cache.
    """
    cache = HashCache(out, chain.subject, limit_bytes=RECALL_LIMIT_BYTES)
    walk = ChainWalk(chain, Ledger(out, chain.subject, cache))
    try:
        for entry in chain.entries:
            found = walk.assess(entry)
            if isinstance(found, Ready):
                return None
            walk.add(entry, found)
    except HashingPostponed:
        return None
    finally:
        cache.save()
    return tuple(walk.outcomes)
