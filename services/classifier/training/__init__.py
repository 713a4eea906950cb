"""Makes the artefacts of the classifier from labelled texts; nothing here runs when it serves."""
