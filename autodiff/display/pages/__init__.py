"""What shows itself: the stepper, its frames for slides, and cards of numbers in notebooks."""
