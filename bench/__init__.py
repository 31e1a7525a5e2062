"""What the order path costs, as ratios within one run: ``python -m bench``."""
