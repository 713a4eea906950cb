"""Intake of complaints, surveys and citizens' acts, and the citizens' pages."""
