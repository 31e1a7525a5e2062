"""Notices: a digest a day for what can wait, an alarm at once for what cannot, and its end."""
