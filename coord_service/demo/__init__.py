"""An invented county to try the service with. Nobody in it exists; every address ends in a reserved domain.

``fill`` plays the last months of the county's life through the service's own operations, with a clock that is set
from event to event, so that what the demo shows is what the service does. Dates follow from today; the same day gives
the same county.
"""
