"""Calendars of Exchange on the council's own servers, by Exchange Web Services (EWS) and exchangelib.

``calendar.ExchangeCalendar`` is the adapter. Nothing is imported here: exchangelib takes half a second to load,
and only a service that has such a connection should pay for it.
"""
