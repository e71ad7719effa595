"""What is said of grants to people. It stands on credentials and on destinations that pause."""

from __future__ import annotations

from datetime import UTC, datetime

NOT_SET = "not set for this process: without an OAuth app's id and secret no grant can be renewed"
RAN_OUT = "Its access token is no longer good, and no new one came yet"


def not_connected(credential: str) -> str:
    """Say what is to be done with a credential that nobody has connected."""
    return (
        f"It is not connected yet: POST /api/v1/credentials/{credential}/connect gives an address; "
        "open it in a browser and allow access."
    )


def ran_out(reason: str) -> str:
    """Say that there is no usable token for now, and that the relay goes on trying."""
    return f"{RAN_OUT}; the relay tries again. Last reason: {reason}."


def ended(credential: str, says: str, unsettled: float) -> str:
    """Say why a grant is over. `unsettled`: when a renewal of it was begun whose end nobody knows, 0 for none."""
    again = f"Connect it again: POST /api/v1/credentials/{credential}/connect gives the address."
    if unsettled:
        begun = datetime.fromtimestamp(unsettled, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f"The grant of credential '{credential}' is lost: a renewal begun at {begun} ended without an answer that "
            f"could be kept, and Calendly does not take the old refresh token any more ({says}). {again}"
        )
    return (
        f"Calendly has ended the grant of credential '{credential}', or somebody revoked it ({says}). {again}"
    )


def foreign(credential: str, wanted: str) -> str:
    """Say that somebody allowed access who belongs elsewhere."""
    return (
        f"Whoever allowed access belongs to another organization than credential '{credential}', which is for {wanted}. "
        "Connect it as a user of that organization, or set its organization to null first."
    )
