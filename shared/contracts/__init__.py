"""The events and names that several services, or outsiders, rely on."""
