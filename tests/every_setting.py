"""A file for `apply` with every setting that there is, and the variables that it asks for."""

from __future__ import annotations

WHSEC = "whsec_cGxhbnRlZC1jYWxsYmFjay1zZWNyZXQtb2YtMzI="
SECRETS = {
    "ACME_TOKEN": "sandbox",
    "HERE_INBOUND_KEY": "the-inbound-key-of-here",
    "HERE_CALLBACK_SECRET": WHSEC,
    "HERE_CALLBACK_PREVIOUS_SECRET": "whsec_YW5vdGhlci1jYWxsYmFjay1zZWNyZXQtb2YtMzI=",
    "HERE_CALLBACK_HEADER_X_API_KEY": "the-crm-key-of-here-1234",
    "SHARES_INBOUND_PASSWORD": "the-password-of-shares",
    "ERASE_INBOUND_KEY": "the-inbound-key-of-erase",
    "ERASE_CALLBACK_SECRET": WHSEC,
}
EVERYTHING = """\
credentials:
  - id: acme
    kind: sandbox
    token: ${ACME_TOKEN}
    rate: {limit: 400, window: 30}
destinations:
  - id: here
    name: Cancel demos on closed-lost, for $${MONEY}
    template: cancel_scheduled_event
    credential: acme
    inbound:
      auth: {kind: bearer, key: "${HERE_INBOUND_KEY}"}
      records: events[*]
      when: stage == 'closedlost'
    mapping:
      event_uuid: properties.calendly_event
      reason: "join(' ', ['Closed lost:', lost_reason])"
    exclude: [crm_id, audit.who]
    headers: "X-Team:rev-ops,X-Other:on"
    partial: true
    dedupe: eventId
    callback:
      url: http://127.0.0.1:9999/hooks
      secret: ${HERE_CALLBACK_SECRET}
      previous_secret: ${HERE_CALLBACK_PREVIOUS_SECRET}
      headers: {X-Api-Key: "${HERE_CALLBACK_HEADER_X_API_KEY}"}
      body: "{deal: data.records[0].deal}"
      on: attempt
    delivery:
      concurrency: 1
      strict_order: true
      max_attempts: 5
      max_age: 3600
      on_unknown: hold
      max_waiting: 5000
    when_inactive: refuse
    retention: {days: 7, keep_payload: false}
    state: active
    acknowledge: irreversible
  - id: shares
    template: manual
    credential: acme
    inbound: {auth: {kind: basic, username: crm, password: "${SHARES_INBOUND_PASSWORD}"}}
    manual: {method: POST, url: "/shares/{id}"}
    batch: {size: 50, window: 9, grouping: attribute, attribute: region, wrap: records}
    constants: {}
    state: paused
  - id: erase
    template: delete_invitee_data
    credential: acme
    inbound: {auth: {kind: query, parameter: token, key: "${ERASE_INBOUND_KEY}"}}
    constants: {}
    batch: {}
    callback: {url: "http://127.0.0.1:9999/hooks", secret: "${ERASE_CALLBACK_SECRET}"}
    allow: {}
    state: draft
"""
