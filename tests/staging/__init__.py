"""The steps of staging, proved against both sandboxes over HTTP and a real PostgreSQL."""
