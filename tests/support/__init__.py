"""What several tests share: test data, random programs, known functions."""
