"""The audit: every change by a person, kept where nobody can change it (docs/audit.md)."""
