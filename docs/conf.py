"""The documentation as a site: make docs writes it to build/docs, without a network."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs" / "extensions"), str(ROOT), str(ROOT / "src")]

project = "kkt-unlearning"
author = "The kkt-unlearning authors"
copyright = "the kkt-unlearning authors, MIT licence"  # the name that Sphinx asks for
language = "en-GB"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "mathml",
    "generated_pages",
    "index_terms",
    "large_images",
    "own_names",
    "repository_links",
]
if not tags.has("without_sources"):  # noqa: F821  (Sphinx defines it); a quarter of the time
    extensions.append("sphinx.ext.viewcode")
exclude_patterns = ["extensions"]
root_doc = "index"
nitpicky = True
# Types of others in signatures: there is no network to look them up.
nitpick_ignore_regex = [("py:(class|exc)", r"(?!kkt_unlearning\b).*")]
nitpick_ignore = [  # type variables
    ("py:class", "kkt_unlearning.cli.files.Value"),
    ("py:class", "kkt_unlearning.studies.study.Found"),
]

# The pages are written for GitHub first: its formulas, its anchors.
myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4
myst_url_schemes = {"http": None, "https": None, "repository": None}
html_math_renderer = "mathml"

# What scikit-learn adds to every estimator, in words that link to its own pages.
FOREIGN = "set_fit_request, set_score_request, set_predict_request, set_decision_function_request"
autodoc_default_options = {"members": True, "ignore-module-all": True, "exclude-members": FOREIGN}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
add_module_names = False
maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = "kkt-unlearning"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_extra_path = [str(path) for path in (ROOT / "results" / "explorer.html",) if path.is_file()]
html_copy_source = False
html_show_sphinx = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_exclude = ".linenos, .gp, .go"
