"""From a Program to code words: fusion, lanes, slots."""
