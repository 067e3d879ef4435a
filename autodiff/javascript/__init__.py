"""JavaScript: what every primitive is there, and the machine that runs a Program in a browser."""

from .bundle import bundle
from .printing import javascript

__all__ = ["bundle", "javascript"]
