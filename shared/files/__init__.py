"""Attachments: what may come in, and where the sealed bytes lie."""
