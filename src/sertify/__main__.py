"""Lets ``python -m sertify`` do what ``sertify`` does."""

import sys

from sertify.command.main import main

if __name__ == "__main__":
    sys.exit(main())
