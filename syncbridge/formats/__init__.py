"""How days and times are written, per language: one form everywhere, a time never without its zone."""
