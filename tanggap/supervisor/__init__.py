"""`tanggap up`: everything on this machine, kept running."""
