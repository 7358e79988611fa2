"""The plan, and the verdict where there is one, as one page that needs nothing but itself."""

from uvmigrate.report.html.page import Commands, as_html

__all__ = ["Commands", "as_html"]
