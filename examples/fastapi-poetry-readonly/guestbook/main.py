"""The guestbook's pages: what was written, as HTML or as a table to take home."""

import csv
import tempfile

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse

from guestbook.page import render

app = FastAPI()
entries: list[dict[str, str]] = [{"name": "Caroline", "text": "A comet, at last."}]


@app.get("/health")
def health() -> dict[str, str]:
    """Answer, so that others know that the application runs."""
    return {"status": "ok"}


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    """Show everything that was written."""
    return render(entries)


@app.post("/{name}")
def write(name: str, text: str) -> dict[str, int]:
    """Write something into the book."""
    entries.append({"name": name, "text": text})
    return {"entries": len(entries)}


@app.get("/table")
def table() -> FileResponse:
    """Give the book away as a table; it is made in a temporary file."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False, newline="") as file:
        rows = csv.DictWriter(file, ["name", "text"])
        rows.writeheader()
        rows.writerows(entries)
    return FileResponse(file.name, filename="guestbook.csv")
