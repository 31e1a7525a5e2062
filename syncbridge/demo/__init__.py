"""The demo: a shop, a Sage and everything between them on this machine, with a story to follow."""
