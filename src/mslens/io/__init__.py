"""Files in and out: BIDS index, NIfTI, transforms, tables, templates, derivatives."""
