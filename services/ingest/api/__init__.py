"""The HTTP API of the intake: bodies read, handlers called, answers written."""
