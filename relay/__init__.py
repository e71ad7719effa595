"""Calendly Relay: takes records from upstream systems and delivers them to Calendly, truthfully."""
