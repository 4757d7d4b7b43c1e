"""Train the lesion model: on simulated people, on real masks, or on a user's own dataset."""
