"""Statistics on arrays: agreement, comparison of models and groups, intervals: pure."""
