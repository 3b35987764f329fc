"""The checks, one file a gate; an installed sertify has them as ``sertify.checks``."""
