"""Money to the cent, proved against the sandbox Sage's own arithmetic."""
