"""Tissue, lesions, lesion filling, parcels and volumes."""
