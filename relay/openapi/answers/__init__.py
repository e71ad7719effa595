"""What the API answers, described; the whole test suite compares every answer that it sees with this."""
