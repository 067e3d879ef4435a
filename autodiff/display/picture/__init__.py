"""Drawings: what is seen of a graph (view), how it looks (cards, wires, theme), and files of it."""
