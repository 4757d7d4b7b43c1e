"""Whole flows over a dataset: run, check, and the group stage."""
