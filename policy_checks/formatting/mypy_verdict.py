"""mypy's verdict: one on all its files. Where it does not hold, mypy's own incremental cache makes the next run short."""

from collections.abc import Callable, Sequence

from policy_checks.formatting.outcome import Outcome
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.results import New, Results, messages, told
from policy_checks.formatting.store import UNKNOWN, digest
from policy_checks.formatting.surroundings import Surroundings

_OF_ALL = ""


class MypyVerdict:
    """What is kept of mypy's verdict on some files, under the digest `base` of everything else."""

    def __init__(self, results: Results, surroundings: Surroundings, base: str, files: Sequence[str]) -> None:
        self._results, self._surroundings, self._files = results, surroundings, tuple(files)
        self._key = digest(base, *(f"{path}\0{surroundings.files.digest(path)}" for path in files))

    def judged(self, run: Callable[[], Outcome]) -> Outcome:
        """The verdict, known or found out."""
        for entry in self._results.known(Tool.MYPY, _OF_ALL, self._key):
            said = messages(entry[3][1:]) if isinstance(entry[3], list) and entry[3] else None
            if said is not None and entry[1] == self._closure() != UNKNOWN:
                return Outcome(said, accepted=entry[3][0] is True, known=len(self._files))
        outcome = run()
        if not outcome.failure:
            self._results.keep(
                New(Tool.MYPY, _OF_ALL, self._key, self._closure(), [outcome.accepted, *told(outcome.messages)], self._files)
            )
        return outcome

    def _closure(self) -> str:
        found = [self._surroundings.closure(path) for path in (*self._files, *self._surroundings.plugins())]
        return digest(*(one.digest for one in found)) if all(one.known for one in found) else UNKNOWN
