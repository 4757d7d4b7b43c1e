"""mslens: multiple-sclerosis imaging from a BIDS dataset to one page of evidence."""

__version__ = "0.1.0"
