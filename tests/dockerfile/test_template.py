"""Templates of Dockerfiles are told from Dockerfiles that only have braces in them."""

from __future__ import annotations

import pytest

from uvmigrate.dockerfile import template_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM python:{{ version }}\n", 1),
        ("FROM a\n{% if dev %}\nRUN b\n{% endif %}\n", 2),
        ("FROM a\n{%- for x in y -%}\n", 2),
        ("FROM a\n{# why #}\nRUN b\n", 2),
        ("FROM a\nRUN pip install {{ cookiecutter.project_slug }}\n", 2),
        ("FROM a\nRUN b \\\n  && pip install '{{cookiecutter.name}}'\n", 3),
        ("FROM a\nENV A={{ b | default('c') }}\n", 2),
        ("FROM {{ .Values.image }}\n", 1),
        ("FROM a\n{{- if .Dev }}\nRUN b\n", 2),
        ("FROM a\nWORKDIR /{{ name[0] }}\n", 2),
        ("FROM a\nONBUILD COPY {{.Dir}} b\n", 2),
    ],
)
def test_a_template_is_named_by_the_line_that_shows_it(text: str, line: int) -> None:
    assert template_line(text.encode()) == line


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN docker inspect --format '{{.State.Status}}' b\n",
        'FROM a\nHEALTHCHECK CMD docker ps --format "{{json .Names}}"\n',
        "FROM a\nRUN docker inspect -f {{.Id}} b\n",
        "FROM a\nRUN mkdir -p /a/{{b,c},d}\n",
        "FROM a\nRUN echo ${#B} ${#B[@]} #}\n",
        "FROM a\nRUN curl -w '%{http_code}' b\n",
        "FROM a\nRUN awk '{{ print $1 }}' b\n",
        'FROM a\nLABEL b="{{.Name}}"\n',
        "# {{ not a template }}\nFROM a\nRUN b \\\n# {% if c %}\n  d\n",
        "FROM a\nCOPY <<EOF /etc/b\n{% if c %}{{ d }}{% endif %}\nEOF\n",
        "FROM a\n",
    ],
)
def test_braces_alone_make_no_template(text: str) -> None:
    assert template_line(text.encode()) is None
