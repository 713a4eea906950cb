"""The rules of the field as versioned data; code asks for a version, it never holds a number."""
