"""Lets ``python -m sertify`` do what ``sertify`` does."""

import sys

from sertify.command import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
