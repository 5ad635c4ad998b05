"""Adapters to calendar systems, each behind the Calendar port; ``integrations.registry`` lists them."""
