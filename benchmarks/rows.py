"""What a benchmark yields, and the registry of workloads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

GRADIENT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Row:
    """One measurement: the median of `runs` runs, in `unit`, or the `note` why there is none.

    Rows of one `table` stand together and are compared with its row marked `baseline`.
    """

    table: str
    engine: str
    setting: str = ""
    median: float | None = None
    unit: str = "ms"
    spread: float | None = None
    runs: int = 0
    baseline: bool = False
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Options:
    """What the command line asks of a workload.

    `quick` means tiny sizes and one run: does everything still work and agree?
    """

    runs: int = 7
    quick: bool = False
    engines: tuple[str, ...] | None = None

    def wants(self, engine: str) -> bool:
        return self.engines is None or engine in self.engines


Workload = Callable[[Options], Iterable[Row]]


@dataclass(frozen=True)
class Entry:
    """A registered workload: `python -m benchmarks NAME` or, with all its group, `GROUP`."""

    name: str
    group: str
    run: Workload

    @property
    def summary(self) -> str:
        return (self.run.__doc__ or "").strip().splitlines()[0]


WORKLOADS: dict[str, Entry] = {}


def workload(name: str, group: str) -> Callable[[Workload], Workload]:
    """Register a function `Options → rows` under a name and a group."""

    def register(run: Workload) -> Workload:
        WORKLOADS[name] = Entry(name, group, run)
        return run

    return register


class Disagreement(AssertionError):
    """Two engines have different gradients: nothing is timed."""


def agree(engine: str, found: Iterable[float], expected: Iterable[float]) -> float:
    """Compare gradients and return the largest difference, relative to the largest entry."""
    pairs = list(zip(found, expected, strict=True))
    scale = max((abs(right) for _, right in pairs), default=0.0) or 1.0
    differences = [abs(left - right) / scale for left, right in pairs]
    if not all(difference <= GRADIENT_TOLERANCE for difference in differences):  # nan is wrong too
        worst = max(differences)
        raise Disagreement(f"{engine}: gradients differ by {worst:.3g} of the largest one")
    return max(differences, default=0.0)


def select(names: Iterable[str]) -> Iterator[Entry]:
    """The workloads named, or in the groups named, in order of registration."""
    wanted = set(names)
    known = {part for entry in WORKLOADS.values() for part in (entry.name, entry.group)}
    if unknown := wanted - known - {"all"}:
        raise LookupError(f"no workload {', '.join(sorted(unknown))}; there are {sorted(known)}")
    for entry in WORKLOADS.values():
        if not wanted or "all" in wanted or {entry.name, entry.group} & wanted:
            yield entry
