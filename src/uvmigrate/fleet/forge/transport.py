"""Requests to a forge's API: they wait as they are asked to, say why they fail, and show no token."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx

from uvmigrate import __version__
from uvmigrate.fleet.forge.model import ForgeRefused, ForgeUnavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from uvmigrate.fleet.forge.patience import Patience
    from uvmigrate.fleet.forge.places import Place
    from uvmigrate.fleet.forge.tokens import Token

_Answer = TypeVar("_Answer")
#: Who asks; GitHub refuses requests that do not say it.
REQUESTER = f"uvmigrate/{__version__}"
_TIMEOUT = httpx.Timeout(60, connect=15)


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

        It is made again as `patience` says. Raises ForgeUnavailable where no answer comes, the token is not
        taken or the limit of requests lasts too long, and ForgeRefused for any other error.
        """
        if _origin(url) != _origin(self.place.api):
            # A page of a list may be said to lie anywhere.
            raise ForgeRefused(f"{self.place.host} answers with an address elsewhere: {self._hidden(url)}")
        waits: list[float] = []
        while True:
            self._patience.before(method)
            try:
                # Only what is read may be asked for elsewhere; httpx takes the token to no other origin.
                moves = method == "GET"
                answer = self._client.request(
                    method, url, headers=dict(headers), content=body, follow_redirects=moves
                )
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                if self._patience.again(self.place.host, method, None, waits):
                    continue
                reason = self._hidden(str(error)) or type(error).__name__
                raise ForgeUnavailable(f"{self.place.host} cannot be asked: {reason}") from None
            if answer.status_code < 300:
                return answer.status_code, answer.headers, answer.content
            told = answer.status_code, answer.headers, answer.text
            if not self._patience.again(self.place.host, method, told, waits):
                raise self._error(method, answer)

    def _error(self, method: str, answer: httpx.Response) -> ForgeUnavailable | ForgeRefused:
        said = self._hidden(_said(answer))
        if answer.status_code == 401:
            source = f" of {self.token.source}" if self.token else ""
            return ForgeUnavailable(f"{self.place.host} does not take the token{source}: {said}")
        if answer.status_code >= 500:
            return ForgeUnavailable(f"{self.place.host} fails: {answer.status_code} {said}")
        asked = f"{method} {urlsplit(str(answer.request.url)).path}"
        message = f"{self.place.host} refuses {asked}: {answer.status_code} {said}"
        return ForgeRefused(message, answer.status_code)

    def _hidden(self, text: str) -> str:
        """*text* without the token, whoever quotes it."""
        return text.replace(self.token.text, "***") if self.token and self.token.text else text


def answer_of(asking: Coroutine[Any, Any, _Answer]) -> _Answer:
    """What a call of a client library results in. They are written for event loops, and wait for nothing."""
    return asyncio.run(asking)


def _origin(url: str) -> tuple[str, str]:
    split = urlsplit(url)
    return split.scheme, split.netloc


def _said(answer: httpx.Response) -> str:
    """A forge's own words for an error: GitHub's message and errors, GitLab's message or error."""
    try:
        document = answer.json()
    except ValueError:
        return answer.reason_phrase
    if not isinstance(document, dict):
        return answer.reason_phrase
    words = [document.get("message"), document.get("error"), document.get("errors")]
    return "; ".join(found for word in words for found in _words(word)) or answer.reason_phrase


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
