"""Folds each case, keeps the counters, explains the scores."""
