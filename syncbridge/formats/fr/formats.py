"""Days and times in French: "23 nov. 2026", "23 nov. 2026 14:05 CET"."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j N Y"
TIME_FORMAT = "H:i T"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j N Y H:i T"
