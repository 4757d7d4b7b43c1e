"""Cohorts with known truth: clinic, anatomy, lesions, images and feature tables from a seed."""
