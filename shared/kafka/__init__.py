"""How messages are received, guarded and sent; knows nothing of what they mean."""
