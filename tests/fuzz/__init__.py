"""``make fuzz``: messages bent at random, until the time is up; what breaks a promise is kept as a file."""
