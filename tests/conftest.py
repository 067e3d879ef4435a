"""Settings of the whole suite."""

from hypothesis import settings

# Reproducible and without time limits by default; --hypothesis-profile=deep to search.
settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("ci")
