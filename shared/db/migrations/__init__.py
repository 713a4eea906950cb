"""The one Alembic history of the one database (design §2.7): `NNNN_name.py`, a single head."""
