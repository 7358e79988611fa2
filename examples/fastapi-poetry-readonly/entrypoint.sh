#!/bin/sh
set -e

if [ "$1" = serve ]; then
    # A page that does not render stops the deployment here.
    poetry run python -m guestbook.check
    set -- uvicorn guestbook.main:app --host 0.0.0.0 --port "${PORT:-8000}"
fi

exec poetry run "$@"
