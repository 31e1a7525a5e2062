"""Proofs: what the shop and Sage themselves say of a day, side by side; each difference by name and repair."""

from staging.proofs.read import prove
from staging.proofs.types import Balance, DayProof, Difference, Sum

__all__ = ["Balance", "DayProof", "Difference", "Sum", "prove"]
