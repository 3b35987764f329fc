"""How Sphinx builds these pages: `make docs`, into build/docs."""

from importlib.metadata import version as version_of

project = "sertify"
copyright = "the authors of sertify, Apache-2.0"  # noqa: A001 - Sphinx asks for that name
release = version = version_of("sertify")

extensions = ["myst_parser"]
exclude_patterns = ["images/**"]
html_theme = "furo"
html_title = f"sertify {release}"
html_copy_source = False
html_show_sphinx = False

# As GitHub makes them, so that links to headings work in both.
myst_heading_anchors = 4
