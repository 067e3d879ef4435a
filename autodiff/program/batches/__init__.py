"""Many examples at once: what `vmap` is made of."""
