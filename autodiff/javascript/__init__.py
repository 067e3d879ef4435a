"""JavaScript: what every primitive is there, and the machine that runs a Program in a browser."""

from .bundle import bundle
from .printing import has_javascript, javascript

__all__ = ["bundle", "has_javascript", "javascript"]
