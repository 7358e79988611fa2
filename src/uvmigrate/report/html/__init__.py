"""Pages that need nothing but themselves: the plan with its verdict, and what others make of a template."""

from uvmigrate.report.html.page import Commands, as_html
from uvmigrate.report.html.rendering import render

__all__ = ["Commands", "as_html", "render"]
