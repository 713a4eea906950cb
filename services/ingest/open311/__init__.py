"""Open311 GeoReport v2: reports come in and are read by other programs (ADR 0071)."""
