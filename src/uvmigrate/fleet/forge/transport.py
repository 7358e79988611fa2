"""Requests to a forge's API: they wait as they are asked to, say why they fail, and show no token."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from uvmigrate import __version__
from uvmigrate.fleet.forge.model import ForgeRefused, ForgeUnavailable
from uvmigrate.source import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from uvmigrate.fleet.forge.patience import Patience
    from uvmigrate.fleet.forge.places import Place
    from uvmigrate.fleet.forge.tokens import Token

_Answer = TypeVar("_Answer")
#: Who asks; GitHub refuses requests that do not say it.
REQUESTER = f"uvmigrate/{__version__}"
_TIMEOUT = httpx.Timeout(60, connect=15)
#: Bytes; a page of a hundred pull requests, each as long as it may be, has fewer.
_LARGEST = 256 << 20


class _Read(NamedTuple):
    """An answer that was read to its end; *path* is that of the address which gave it."""

    status: int
    headers: httpx.Headers
    body: bytes
    reason: str
    path: str


class Transport:
    """Makes the requests that the client libraries of both forges put together."""

    def __init__(self, place: Place, token: Token | None, patience: Patience) -> None:
        self.place = place
        self.token = token
        self._patience = patience
        self._client = httpx.Client(timeout=_TIMEOUT)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """The answer to a request: its status, which is no error, its headers and its body.

        It is made again as `patience` says. Raises ForgeUnavailable where no answer comes or one that is no
        API's, the token is not taken or the limit of requests lasts too long, and ForgeRefused for any other
        error.
        """
        if _origin(url) != _origin(self.place.api):
            # A page of a list may be said to lie anywhere.
            raise ForgeRefused(f"{self.place.host} answers with an address elsewhere: {self._hidden(url)}")
        waits: list[float] = []
        while True:
            self._patience.before(method)
            try:
                answer = self._asked(method, url, headers, body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if self._patience.again(self.place.host, method, None, waits):
                    continue
                reason = self._hidden(str(error)) or type(error).__name__
                raise ForgeUnavailable(f"{self.place.host} cannot be asked: {reason}") from None
            if answer.status < 300:
                if answer.body and not isinstance(_document(answer.body), dict | list):
                    raise ForgeUnavailable(f"{self.place.api} answers, and not as a {self.place.kind} does")
                return answer.status, answer.headers, answer.body
            told = answer.status, answer.headers, answer.body.decode(errors="replace")
            if not self._patience.again(self.place.host, method, told, waits):
                raise self._error(method, answer)

    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> _Read:
        # Only what is read may be asked for elsewhere; httpx takes the token to no other origin.
        moves = method == "GET"
        request = self._client.build_request(method, url, headers=dict(headers), content=body)
        with contextlib.closing(self._client.send(request, stream=True, follow_redirects=moves)) as answer:
            read = bytearray()
            for chunk in answer.iter_bytes():
                read += chunk
                if len(read) > _LARGEST:
                    raise ForgeUnavailable(f"{self.place.host} answers with more than {_LARGEST >> 20} MiB")
        path = urlsplit(str(answer.request.url)).path
        return _Read(answer.status_code, answer.headers, bytes(read), answer.reason_phrase, path)

    def _error(self, method: str, answer: _Read) -> ForgeUnavailable | ForgeRefused:
        said = self._hidden(_said(answer))
        if answer.status == 401:
            source = f" of {self.token.source}" if self.token else ""
            return ForgeUnavailable(f"{self.place.host} does not take the token{source}: {said}")
        if answer.status >= 500:
            return ForgeUnavailable(f"{self.place.host} fails: {answer.status} {said}")
        message = f"{self.place.host} refuses {method} {answer.path}: {answer.status} {said}"
        return ForgeRefused(message, answer.status)

    def _hidden(self, text: str) -> str:
        """*text* without the token, whoever quotes it."""
        return text.replace(self.token.text, "***") if self.token and self.token.text else text


def answer_of(asking: Coroutine[Any, Any, _Answer]) -> _Answer:
    """What a call of a client library results in. They are written for event loops, and wait for nothing."""
    return asyncio.run(asking)


def _origin(url: str) -> tuple[str, str]:
    split = urlsplit(url)
    return split.scheme, split.netloc


def _document(body: bytes) -> object:
    """What an answer holds; None where that is no JSON."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found


def _said(answer: _Read) -> str:
    """A forge's own words for an error: GitHub's message and errors, GitLab's message or error."""
    document = _document(answer.body)
    if not isinstance(document, dict):
        return answer.reason
    words = [document.get("message"), document.get("error"), document.get("errors")]
    return "; ".join(found for word in words for found in _words(word)) or answer.reason


def _words(value: object) -> list[str]:
    """The texts in a value, however they are nested."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [word for one in value for word in _words(one)]
    if isinstance(value, dict):
        if isinstance(value.get("message"), str):
            return [value["message"]]
        return [f"{key}: {word}" for key, one in value.items() for word in _words(one)]
    return [json.dumps(value)] if value is not None else []
