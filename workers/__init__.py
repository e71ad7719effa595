"""The worker side: turns that serve lanes, and the RQ worker that takes them."""
