"""The inbound routes: where upstream systems hand over their records."""
