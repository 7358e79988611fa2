"""git's own HTTP server, `git http-backend` (a CGI program), behind a handler of Python's."""

from __future__ import annotations

import base64
import os
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

_HEADERS = {
    "content-type": "CONTENT_TYPE",
    "git-protocol": "HTTP_GIT_PROTOCOL",
    "content-encoding": "HTTP_CONTENT_ENCODING",
}


def answered(handler: BaseHTTPRequestHandler, root: Path, token: str) -> None:
    """Answer git for a repository below *root*: everybody may read, who has the token may write."""
    split = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
    user, password = _who(handler.headers.get("authorization", ""))
    writes = "git-receive-pack" in handler.path
    if writes and password != token:
        handler.send_response(401)
        handler.send_header("www-authenticate", 'Basic realm="git"')
        handler.send_header("content-length", "0")
        handler.end_headers()
        return
    variables = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": unquote(split.path),
        "QUERY_STRING": split.query,
        "REQUEST_METHOD": handler.command,
        "REMOTE_USER": user if writes else "",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
    }
    for header, variable in _HEADERS.items():
        if header in handler.headers:
            variables[variable] = handler.headers[header]
    done = subprocess.run(["git", "http-backend"], input=body, env=variables, capture_output=True, check=True)
    head, _, data = done.stdout.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")]
    status = next((value for key, _, value in lines if key == "Status"), "200 OK")
    handler.send_response(int(status[:3]))
    for key, _, value in lines:
        if key != "Status":
            handler.send_header(key, value)
    handler.send_header("content-length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def _who(authorization: str) -> tuple[str, str]:
    """The name and the password of HTTP's basic authentication."""
    kind, _, encoded = authorization.partition(" ")
    user, _, password = base64.b64decode(encoded).decode().partition(":") if kind == "Basic" else ("", "", "")
    return user, password
