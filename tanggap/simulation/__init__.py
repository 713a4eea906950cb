"""`tanggap simulate`: citizens and staff at the real HTTP surfaces, never behind them."""
