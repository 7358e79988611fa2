"""pip's settings in effect at an install."""

from __future__ import annotations

import pytest

from build.reading import build_in
from uvmigrate.build import PipSetting, installs, pip_settings


def read(text: str, **files: str) -> tuple[dict[str, str | None], list[str]]:
    """What holds for the last install of a Dockerfile, by option, and what is not read."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    build = build_in({"Dockerfile": text, **named})
    settings, unread = pip_settings(installs(build)[-1])
    return {setting.option: setting.value for setting in settings}, [place.why for place in unread]


def only(text: str) -> PipSetting:
    [setting], unread = pip_settings(installs(build_in({"Dockerfile": text}))[-1])
    assert unread == ()
    return setting


@pytest.mark.parametrize(
    ("lines", "carrier", "value"),
    [
        ("ENV PIP_INDEX_URL=https://a\nRUN pip install six", "ENV", "https://a"),
        ("ENV H=a\nENV PIP_INDEX_URL=https://$H\nRUN pip install six", "ENV", "https://a"),
        ("ARG H=a\nENV PIP_INDEX_URL=https://$H\nRUN pip install six", "ENV", None),
        ("ARG H\nENV PIP_INDEX_URL=${H:-https://a}\nRUN pip install six", "ENV", None),
        ("ARG PIP_INDEX_URL=https://a\nRUN pip install six", "ARG", None),
        ("ARG PIP_INDEX_URL\nENV PIP_INDEX_URL=https://b\nRUN pip install six", "ENV", "https://b"),
        ("ENV PIP_INDEX_URL=https://a\nRUN PIP_INDEX_URL=https://b pip install six", "inline", "https://b"),
        ("RUN export PIP_INDEX_URL=https://a; pip install six", "export", "https://a"),
        ("RUN export PIP_INDEX_URL=$(cat x) && pip install six", "export", None),
        ("RUN --mount=type=secret,id=i,env=PIP_INDEX_URL pip install six", "secret", None),
        ("RUN pip config set global.index-url https://a\nRUN pip install six", "file", "https://a"),
        ("RUN pip config --user set install.index_url https://a && pip install six", "file", "https://a"),
        (
            "RUN printf '[global]\\nindex-url=https://a\\n' > ~/.pip/pip.conf\nRUN pip install six",
            "file",
            "https://a",
        ),
    ],
)
def test_every_carrier_is_read(lines: str, carrier: str, value: str | None) -> None:
    setting = only(f"FROM python:3.13\n{lines}\n")
    assert (setting.option, setting.carrier, setting.value) == ("--index-url", carrier, value)


@pytest.mark.parametrize(
    "lines",
    [
        "RUN pip install six\nENV PIP_INDEX_URL=https://a",
        "ENV PIP_INDEX_URL=\nRUN pip install six",
        "RUN PIP_INDEX_URL= pip install six",
        "RUN pip install six && pip config set global.index-url https://a",
        "RUN pip config set freeze.index-url https://a\nRUN pip install six",
        "RUN pip config list && pip install six",
        "ENV PIP_PACKAGES=six\nRUN pip install $PIP_PACKAGES",
        "RUN --mount=type=secret,id=pip_token pip install six",
        "COPY pip.conf /etc/pip.conf\nENV PIP_CONFIG_FILE=/dev/null\nRUN pip install six",
    ],
)
def test_what_does_not_hold_for_the_install_is_left_out(lines: str) -> None:
    settings, unread = read(f"FROM python:3.13\n{lines}\n", pip_conf="[global]\nindex-url = https://a\n")
    assert settings == {}
    assert unread == []


def test_files_are_read_in_their_order_and_variables_after_them() -> None:
    settings, unread = read(
        "FROM python:3.13\nCOPY etc/pip.conf /etc/\nCOPY own/pip.conf /root/.config/pip/\n"
        "ENV PIP_TRUSTED_HOST=c.example\nRUN pip install six\n",
        etc__pip_conf="[global]\nindex-url = https://a\ntrusted-host = a.example\npre = 1\n",
        own__pip_conf="[global]\nindex-url = https://b\n[install]\npre = 0\n[freeze]\nno-deps = 1\n",
    )
    assert settings == {"--index-url": "https://b", "--trusted-host": "c.example", "--pre": "0"}
    assert unread == []


def test_settings_of_another_stage_hold_only_for_those_from_it() -> None:
    install = "RUN pip install six\n"
    text = f"FROM python:3.13 AS a\nENV PIP_PRE=1\nFROM python:3.13\n{install}FROM a\n{install}"
    other, own = installs(build_in({"Dockerfile": text}))
    assert pip_settings(other) == ((), ())
    assert [setting.option for setting in pip_settings(own)[0]] == ["--pre"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("COPY pip.conf /etc/pip.conf\nRUN pip install six", "cannot be read"),
        ("COPY pip.conf /somewhere/\nRUN pip install six", "where it goes is not known"),
        ("COPY --from=other.example/i /etc/pip.conf /etc/pip.conf\nRUN pip install six", "is not known"),
        ("COPY <<E /etc/pip.conf\n[global]\nE\nRUN pip install six", "is not known"),
        ("RUN curl -o /etc/pip.conf https://a\nRUN pip install six", "a way that is not read"),
        ("RUN echo '[global]' | tee /etc/pip.conf\nRUN pip install six", "a way that is not read"),
        ("RUN echo '[global]' >> /etc/pip.conf\nRUN pip install six", "a way that is not read"),
        ("RUN pip config unset global.index-url\nRUN pip install six", "a way that is not read"),
        ("RUN pip config set global.pre 1 || true\nRUN pip install six", "a way that is not read"),
        ("RUN if true; then export PIP_PRE=1; fi; pip install six", "exported in a way that is not read"),
        ("RUN PIP_PRE=1; export PIP_PRE; pip install six", "exported in a way that is not read"),
        ("ARG PIP_CONFIG_FILE\nRUN pip install six", "not in the repository"),
        ("RUN --mount=type=secret,id=x,dst=/root/.pip/pip.conf pip install six", "from a secret"),
    ],
)
def test_what_cannot_be_read_is_said(lines: str, why: str) -> None:
    settings, unread = read(f"FROM python:3.13\n{lines}\n", pip_conf="index-url = https://a\n")
    assert settings == {}
    assert [text for text in unread if why in text] != []
