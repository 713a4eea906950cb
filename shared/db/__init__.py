"""One database, one schema history, one way to open a transaction."""
