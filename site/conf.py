"""Settings of the site: Sphinx with furo, notebooks as they were executed, formulas as MathML.

`scripts/build_site.py` gathers the sources beside this file's copy and calls Sphinx; nothing here
runs a notebook or asks another host for anything.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "scalar-autodiff"
author = "the scalar-autodiff authors"
extensions = ["myst_nb", "mathml", "access"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["extensions", "static", "playground", "templates", "extra"]
suppress_warnings = ["myst.header"]  # a document may begin at any level
templates_path = ["templates"]

html_theme = "furo"
html_title = "scalar-autodiff"
html_favicon = "static/favicon.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_extra_path = ["extra"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_sidebars = {
    "**": [
        "sidebar/brand.html", "sidebar/search.html", "sidebar/play.html",
        "sidebar/scroll-start.html", "sidebar/navigation.html", "sidebar/scroll-end.html",
    ]
}  # fmt: skip
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0063a6",
        "color-brand-content": "#0063a6",
        "font-stack": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
        "font-stack--monospace": "ui-monospace, 'SF Mono', Menlo, 'DejaVu Sans Mono', monospace",
    },
    "dark_css_variables": {"color-brand-primary": "#6cb8f0", "color-brand-content": "#6cb8f0"},
}

nb_execution_mode = "off"  # the notebooks are committed with their outputs; a test keeps them true
nb_mime_priority_overrides = [
    ("html", "text/html", 0),
    ("html", "image/svg+xml", 10),
    ("html", "image/png", 20),
]
nb_code_prompt_show = "Show the {type}"
nb_code_prompt_hide = "Hide the {type}"
myst_enable_extensions = ["dollarmath", "attrs_block", "attrs_inline", "colon_fence"]
myst_heading_anchors = 4
