"""Desk: opens cases, holds the queues and clocks, and carries out what handlers decide."""
