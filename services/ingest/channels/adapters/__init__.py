"""One module a channel; each holds an `ADAPTER` and knows no other."""
