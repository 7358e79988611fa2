"""What is worked out of a view is worked out once, and kept as long as the view is."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_View = TypeVar("_View")
_Others = ParamSpec("_Others")
_Found = TypeVar("_Found")


def once_a_view(
    function: Callable[Concatenate[_View, _Others], _Found],
) -> Callable[Concatenate[_View, _Others], _Found]:
    """*function* of a view and other hashable arguments, which is asked for the same only once.

    The view keeps what was found. A cache of some size would be of no use where a plan goes around more
    views than it holds: each time, the one that is asked for next has just been dropped.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def found(view: _View, *others: _Others.args, **named: _Others.kwargs) -> _Found:
        # Views are asked a million times: what is known of one is an entry of its own dictionary.
        kept: dict[Any, _Found] = view.__dict__
        key = (name, others, *named.items()) if others or named else name
        try:
            return kept[key]
        except KeyError:
            answer = kept[key] = function(view, *others, **named)
            return answer

    return cast("Callable[Concatenate[_View, _Others], _Found]", found)
