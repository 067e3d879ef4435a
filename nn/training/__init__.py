"""Training: the loop, its step, its record, and what is done to gradients."""
