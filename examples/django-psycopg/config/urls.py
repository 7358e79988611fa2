"""The site's two addresses."""

from __future__ import annotations

from django.urls import path
from shop import views

urlpatterns = [
    path("", views.prices),
    path("health", views.health),
]
