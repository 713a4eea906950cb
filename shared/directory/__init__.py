"""The seed data of regions and OPDs; `tanggap import opd` replaces it."""

from shared.directory.seed import SEED_FROM, load_seed, seed

__all__ = ["SEED_FROM", "load_seed", "seed"]
