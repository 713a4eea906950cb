"""Linear models on hashed n-grams: served with numpy alone."""
