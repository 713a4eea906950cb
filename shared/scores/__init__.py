"""Figures from counter sums: pure, exact, and the same wherever a score is shown."""
