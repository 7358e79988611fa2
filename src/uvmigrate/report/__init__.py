"""What comes out, one function a format: for people, for programs, for ``git apply``.

A function takes a Migration and returns all of the output; it prints nothing.
"""

from uvmigrate.report.document import as_json
from uvmigrate.report.patches import as_patches, as_squashed
from uvmigrate.report.text import as_changes, as_text, refusal_lines

__all__ = ["as_changes", "as_json", "as_patches", "as_squashed", "as_text", "refusal_lines"]
