"""Schedules: the learning rate from epoch to epoch."""
