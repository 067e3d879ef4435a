"""Benchmarks: `python -m benchmarks eager` (see `--help`).

`workloads/` has one file per workload, each a function that yields rows; `peers/` one file per
engine that we compare with. Before anything is timed, the gradients of all engines are compared.
"""
