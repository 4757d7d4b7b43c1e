"""mslens: multiple-sclerosis imaging from a BIDS dataset to one page of evidence."""

from mslens.core.caches import prepare_caches

__version__ = "0.1.0"

prepare_caches()
