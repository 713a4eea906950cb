"""Says what a text is about, who is responsible and how urgent it is."""
