"""Objects that every layer shares: grid, volume, settings, errors, seeds."""
