"""Pure operations on image arrays: resampling, components, distance, location, parcels."""
