"""Matplotlib figures as pure functions of arrays and tables."""
