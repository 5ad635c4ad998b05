"""Microsoft 365 by Graph v1.0: app-only sign-in, busy times, the organizer's events, and what becomes of them.

Sources: Microsoft's reference of calendar: getSchedule, event, event: cancel, event: delta and extended properties, and
its pages on throttling (Outlook: 4 requests at once per app and mailbox) and error responses, as of 2024 and 2025.
"""
