"""The ground: a repository as an immutable map of bytes, spans and edits over them, and git patches."""

from uvmigrate.source.asking import ignored_ids, keeps_away
from uvmigrate.source.disk import FileMode, Unreadable
from uvmigrate.source.edits import Edit, OverlapError, Relocation, Span, apply_edits
from uvmigrate.source.later import later
from uvmigrate.source.patch import lines_of, patch
from uvmigrate.source.patterns import lazy_pattern
from uvmigrate.source.records import NamedTuple
from uvmigrate.source.remembering import once_a_view
from uvmigrate.source.repo import Repo
from uvmigrate.source.searches import Search

__all__ = [
    "Edit",
    "FileMode",
    "NamedTuple",
    "OverlapError",
    "Relocation",
    "Repo",
    "Search",
    "Span",
    "Unreadable",
    "apply_edits",
    "ignored_ids",
    "keeps_away",
    "later",
    "lazy_pattern",
    "lines_of",
    "once_a_view",
    "patch",
]
