"""Shell texts as simple commands with exact spans, and edits of them."""

from uvmigrate.shell.edits import (
    append_words,
    drop,
    droppable,
    droppable_together,
    insert_after,
    insert_before,
    remove_words,
    replace_words,
)
from uvmigrate.shell.model import (
    UNREAD,
    Assignment,
    Command,
    Joiner,
    Opaque,
    Redirect,
    Script,
    Word,
)
from uvmigrate.shell.reader import parse
from uvmigrate.shell.words import might_mention, quote, unquote
from uvmigrate.shell.wrappers import every_command, handed_commands, inner_scripts, unwrap

__all__ = [
    "UNREAD",
    "Assignment",
    "Command",
    "Joiner",
    "Opaque",
    "Redirect",
    "Script",
    "Word",
    "append_words",
    "drop",
    "droppable",
    "droppable_together",
    "every_command",
    "handed_commands",
    "inner_scripts",
    "insert_after",
    "insert_before",
    "might_mention",
    "parse",
    "quote",
    "remove_words",
    "replace_words",
    "unquote",
    "unwrap",
]
