"""The command line: sets things up, supervises, and calls what the services offer."""
