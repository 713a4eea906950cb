"""The small encoder: reads a text as a whole, beside the linear models, where time allows."""
