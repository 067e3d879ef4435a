"""How many examples a property test tries: a few in every run, twenty times as many on request."""

from hypothesis import settings

#: 1 by default, 20 with `pytest --hypothesis-profile=deep` (tests/conftest.py)
FACTOR = settings.default.max_examples // 100


def examples(count: int) -> settings:
    """At most `count` examples; a fixed number would not grow in the deep profile."""
    return settings(max_examples=count * FACTOR)
