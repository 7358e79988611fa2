"""The pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
from django.http import JsonResponse
from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PRICES = {"Espresso": "2.40", "Cappuccino": "3.10"}


def prices(request: HttpRequest) -> HttpResponse:
    """The price list."""
    return render(request, "shop/prices.html", {"prices": PRICES})


def health(_request: HttpRequest) -> JsonResponse:
    """The versions of psycopg2 and of the libpq that it has loaded."""
    return JsonResponse({"psycopg2": psycopg2.__version__, "libpq": psycopg2.extensions.libpq_version()})
