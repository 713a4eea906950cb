"""Doubles that obey a port and have switches for faults; written by hand."""
