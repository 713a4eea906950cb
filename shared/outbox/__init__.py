"""Publish after commit: rows written with the effect, sent by one relay per service."""
