"""Lets the meta tests run pytest inside pytest."""

pytest_plugins = ["pytester"]
