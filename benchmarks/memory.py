"""Bytes per node of a chain, in a process of its own: `python -m benchmarks.memory KIND ENGINE N`.

Resident memory is what counts for engines whose nodes live outside Python's allocator, too.
"""

from __future__ import annotations

import gc
import resource
import sys
from pathlib import Path

from benchmarks.measure import deep_recursion
from benchmarks.peers import load
from benchmarks.workloads.chain import forward_backward


def resident() -> int:
    """Resident bytes of this process; its peak where the system does not tell the present."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * resource.getpagesize()


def main(kind: str, engine: str, nodes: int) -> float:
    """Build and sweep a chain, and return what it keeps per node."""
    numbers = load(engine)
    with deep_recursion(numbers.recursive):
        forward_backward(kind, numbers, 100)()
        gc.collect()
        before = resident()
        kept = forward_backward(kind, numbers, nodes)()
        gc.collect()
        used = resident() - before
    del kept
    return used / nodes


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
