"""States as files."""
