"""Makes the encoder's artefact: needs the extra `train-encoder`, which nothing else does."""
