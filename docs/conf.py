"""Sphinx configuration: `sphinx-build -W docs build/site` documents the installed package.

The API pages come from `api_structure`, the gallery from `examples/`, all else from the pages here.
"""

import os
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import site_pages  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "otnas"
author = "The otnas developers"
copyright = author  # noqa: A001
version = release = installed_version("otnas")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["gallery/**/*.ipynb", "gallery/**/*.md5"]
templates_path = ["_templates"]
nitpicky = True
# Types of other libraries, which have sites of their own and are not looked up without internet.
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|np|scipy|concurrent|typing|collections|optuna|torch)\..*")
]

# `Name` in a docstring is a link to the public name; what is no name of otnas is a warning.
default_role = "py:obj"
autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"
autodoc_member_order = "groupwise"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = f"otnas {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
# Links to other sites are looked at by hand (CONTRIBUTING.md); the build looks at all others.
linkcheck_timeout = 20
linkcheck_anchors = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": site_pages.runnable(HERE.parent / "examples"),
    "ignore_pattern": r"__init__",
    "within_subsection_order": "site_pages.ReadingOrder",
    "reset_argv": "site_pages.small_arguments",
    "reset_modules": ("matplotlib",),
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("otnas", "otnas_fast"),
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "plot_gallery": "OTNAS_NO_GALLERY" not in os.environ,
    "run_stale_examples": True,  # the library may have changed, if not the example
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "remove_config_comments": True,
    "nested_sections": False,
}
suppress_warnings = [
    "config.cache",  # functions in sphinx_gallery_conf
    "ref.citation",  # references that a whole module has
]


def setup(app):
    """Make the pages that are not written by hand."""
    app.connect("config-inited", lambda app, config: site_pages.write_api_pages(HERE / "api"))
    app.connect("autodoc-skip-member", site_pages.skip_members_of_others)
    app.connect("autodoc-process-docstring", site_pages.keep_notation, priority=400)
    app.connect("source-read", site_pages.link_to_repository)
    app.connect("missing-reference", site_pages.find_by_last_names)
