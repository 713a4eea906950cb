"""Keeping citizens private: the masker of free text and the vault of identities."""
