"""Revisions. Each stands alone: it imports nothing of the product, which changes after it."""
