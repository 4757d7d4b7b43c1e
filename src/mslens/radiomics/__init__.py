"""Radiomic features of every region of a label map: arrays in, arrays out."""
