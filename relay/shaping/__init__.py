"""What becomes of a record: filtered, mapped and batched into the calls that Calendly sees."""
