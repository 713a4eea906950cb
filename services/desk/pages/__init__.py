"""Desk's pages: plain HTML that works without JavaScript, on a phone as on a desktop."""
