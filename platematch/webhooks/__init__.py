"""Webhooks: events, signatures, the retry schedule, the address guard, and the sender that ties them together."""
