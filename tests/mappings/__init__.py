"""Tests of what staff decided and of what exists in Sage."""
