"""Words and equations: captions, the table of the terminal, written derivations, LaTeX, JSON."""
