"""The legal clocks of a case: pure functions of what happened to it and of the policy."""
