"""Bias field, brain mask, registration and intensity normalisation."""
