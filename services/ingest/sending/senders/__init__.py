"""One module a provider: its settings block and its sender. None knows another.

A module offers `configured(site, http) -> Sender | None`: none unless its settings are given.
"""
