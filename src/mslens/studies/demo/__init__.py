"""`mslens demo`: the main jobs of the product on people who do not exist."""
