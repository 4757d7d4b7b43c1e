"""Offline HTML reports, the viewer and the methods text."""
