"""Conversations: what a citizen's message on a channel means, and what is answered."""
