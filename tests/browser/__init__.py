"""The back-office in a real browser, with everything behind it real."""
