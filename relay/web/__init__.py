"""What every route of the relay shares: reading bodies, keys, refusals and headers."""
