"""The way back to the citizen: what is to be sent, the ways it goes, and how it ended."""
