"""The local house: one command that runs the whole service on one machine, embedded Redis included."""
