"""The name of a base image says which Python it brings, and whose packages are in it; or it says nothing."""

from __future__ import annotations

import pytest

from uvmigrate.build import read_image


@pytest.mark.parametrize(
    ("reference", "kind", "python"),
    [
        ("python:3.12", "python", (3, 12)),
        ("python:3.12.4-slim-bookworm", "python", (3, 12)),
        ("python:3.13-alpine", "python", (3, 13)),
        ("python:2.7", "python", (2, 7)),
        ("python", "python", None),
        ("python:3-slim", "python", None),
        ("python:slim", "python", None),
        ("docker.io/library/python:3.12", "python", (3, 12)),
        ("docker.io/python:3.12", "python", (3, 12)),
        ("public.ecr.aws/docker/library/python:3.11-slim", "python", (3, 11)),
        ("registry.example.org:5000/library/python:3.12-slim", "python", (3, 12)),
        ("registry.example.org:5000/library/python", "python", None),
        ("python:3.12-slim@sha256:0123abcd", "python", (3, 12)),
        ("python@sha256:0123abcd", "python", None),
        ("ghcr.io/astral-sh/uv:python3.12-bookworm-slim", "python", (3, 12)),
        ("ghcr.io/astral-sh/uv:0.13.8-python3.13-alpine", "python", (3, 13)),
        ("ghcr.io/astral-sh/uv:0.13.8", "unknown", None),
        ("public.ecr.aws/lambda/python:3.12", "lambda", (3, 12)),
        ("amazon/aws-lambda-python:3.12", "lambda", (3, 12)),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "preinstalled", None),
        ("pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime", "preinstalled", None),
        ("nvcr.io/nvidia/pytorch:24.08-py3", "preinstalled", None),
        ("continuumio/miniconda3", "preinstalled", None),
        ("debian:bookworm-slim", "distribution", None),
        ("registry.example.org/ubuntu:24.04", "distribution", None),
        ("scratch", "scratch", None),
        ("example/python:3.12", "unknown", None),
        ("bitnami/python:3.12", "unknown", None),
        ("example/app-base:3.12", "unknown", None),
        ("example/app-base:python3.12-slim", "unknown", (3, 12)),
        ("example/app-base:1.2-py3.9", "unknown", (3, 9)),
        ("example/app-base:python3.${MINOR}", "unknown", None),
        ("example/debian:12", "unknown", None),
        ("arm64v8/debian:12", "distribution", None),
        ("python:${VERSION}-slim", "python", None),
        ("python:3.${MINOR}", "python", None),
        ("python:3.12-${VARIANT}", "python", (3, 12)),
        ("$REGISTRY/library/python:3.12", "unknown", None),
        ("${CUDA_IMAGE}", "unknown", None),
    ],
)
def test_a_name_tells_the_kind_and_the_python(
    reference: str, kind: str, python: tuple[int, int] | None
) -> None:
    found = read_image(reference)
    assert (found.kind, found.python) == (kind, python)
    assert found.reference == reference


@pytest.mark.parametrize(
    ("reference", "name", "tag"),
    [
        ("python:3.12", "python", "3.12"),
        ("localhost:5000/app", "localhost:5000/app", None),
        ("localhost:5000/app:1", "localhost:5000/app", "1"),
        ("localhost:5000/app:1@sha256:0123", "localhost:5000/app", "1"),
        ("app@sha256:0123", "app", None),
    ],
)
def test_a_registry_s_port_is_no_tag(reference: str, name: str, tag: str | None) -> None:
    found = read_image(reference)
    assert (found.name, found.tag) == (name, tag)


def test_windows_and_alpine_are_told() -> None:
    assert read_image("python:3.12-windowsservercore-ltsc2022").windows
    assert read_image("python:3.12-alpine3.20").alpine
    assert read_image("alpine").alpine
    assert not read_image("python:3.12-slim").windows
    assert not read_image("python:3.12-slim").alpine
