"""Radiomics alone: features of any images and label maps, and how robust they are."""
