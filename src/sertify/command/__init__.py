"""The command ``sertify``."""
