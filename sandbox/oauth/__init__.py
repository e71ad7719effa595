"""Calendly's authorization server: codes with PKCE, refresh tokens that work once, introspection and revocation."""
