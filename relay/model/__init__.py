"""What the relay talks about: plain values without a store, a clock or a network."""
