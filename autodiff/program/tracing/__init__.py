"""Recording what a function does, as a Program."""
