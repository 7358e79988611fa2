"""``python -m guestbook.check``: does the page render?"""

from guestbook.page import render

if "<h1>" not in render([{"name": "nobody", "text": "nothing"}]):
    raise SystemExit("the page has no heading")
