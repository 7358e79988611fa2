"""The plan: chooses what each build becomes, runs the codemods in order, checks every step."""

from uvmigrate.plan.catalogue import chosen, in_order, load_catalogue
from uvmigrate.plan.ledger import Entry, Ledger
from uvmigrate.plan.look import UNREADABLE, look, unreadable
from uvmigrate.plan.mentions import Mention
from uvmigrate.plan.migration import BuildResult, Migration, Status, Step
from uvmigrate.plan.series import plan

__all__ = [
    "UNREADABLE",
    "BuildResult",
    "Entry",
    "Ledger",
    "Mention",
    "Migration",
    "Status",
    "Step",
    "chosen",
    "in_order",
    "load_catalogue",
    "look",
    "plan",
    "unreadable",
]
