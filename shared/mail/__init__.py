"""E-mail out, for notices to citizens and digests to staff."""
