"""A Calendly simulator that runs on this machine: same calls, same answers, no real meetings.

It keeps its whole state in memory, imports nothing of the relay, and can be told to misbehave.
"""
