"""The denominator of the goals: which Dockerfiles install from a manifest, and by what."""

from __future__ import annotations

import pytest

from corpus.manifests import manifest_tools
from corpus.tiny import build


def tools(run: str, **files: str) -> tuple[str, ...]:
    return manifest_tools(build(f"FROM python:3.12\nARG LEVEL=base\nCOPY . .\n{run}\n", **files))


@pytest.mark.parametrize(
    ("run", "by"),
    [
        ("RUN pip install -r requirements.txt", "pip"),
        ("RUN pip3 install --no-cache-dir -qr reqs.txt gunicorn", "pip"),
        ("RUN python -m pip install -r requirements/$LEVEL.txt", "pip"),
        ("RUN /venv/bin/pip install .", "pip"),
        ("RUN pip install -e '.[prod]'", "pip"),
        ("RUN pip install ./lib", "pip"),
        ("RUN pip wheel -w /wheels -r requirements.txt", "pip"),
        ("RUN pip install --group prod", "pip"),
        ("RUN cat requirements.txt | xargs -n1 pip install", "pip"),
        ("RUN pip install $(cat requirements.txt)", "pip"),
        ("RUN while read one; do pip install $one; done < requirements.txt", "pip"),
        ("RUN if [ -f x ]; then pip install -r requirements.txt; fi", "pip"),
        ('RUN bash -c "pip install -r requirements.txt"', "pip"),
        ('RUN ["pip", "install", "-r", "requirements.txt"]', "pip"),
        ("RUN retry 3 pip install -r requirements.txt", "pip"),
        ("RUN conda run -n shop pip install -r requirements.txt", "pip"),
        ("RUN <<END\nset -e\npip install -r requirements.txt\nEND", "pip"),
        ("ONBUILD RUN pip install -r requirements.txt", "pip"),
        ("RUN pip install -r requirements.txt &&& broken (", "pip"),
        ("RUN pip-sync requirements.txt", "pip-tools"),
        ("RUN poetry install --no-root", "poetry"),
        ("RUN $POETRY_HOME/bin/poetry sync", "poetry"),
        ("RUN poetry export -f requirements.txt > r.txt", "poetry"),
        ("RUN python -m poetry build", "poetry"),
        ("RUN poetry run pip install -r requirements.txt", "pip"),
        ("RUN pipenv install --system --deploy", "pipenv"),
        ("RUN pipenv sync", "pipenv"),
        ("RUN python setup.py install", "setup.py"),
        ("RUN ./setup.py develop", "setup.py"),
        ("RUN python -m build && pip install dist/*.whl", "pip"),
        ("FROM python:3-onbuild", "pip"),
    ],
)
def test_an_install_from_a_manifest_counts(run: str, by: str) -> None:
    assert tools(run) == (by,)


@pytest.mark.parametrize(
    "run",
    [
        "RUN pip install flask==3.1.0 gunicorn",
        "RUN pip install --upgrade pip setuptools",
        "RUN pip install $PACKAGE",
        "RUN pip install -c constraints.txt flask",
        "RUN pip install git+https://git.example/shop.git",
        "RUN pip install -e git+https://git.example/shop.git#egg=shop",
        "RUN pip install 'shop @ https://files.example/shop.tar.gz'",
        "RUN pip install /tmp/shop-1.0-py3-none-any.whl",
        'RUN pip install "$(echo dist/*.whl)[charts]"',
        "RUN pip uninstall -y -r requirements.txt",
        "RUN python -m build",
        "RUN poetry config virtualenvs.create false && poetry self add poetry-plugin-export",
        "RUN poetry add flask",
        "RUN pipenv install flask",
        "RUN python setup.py build_ext --inplace",
        "RUN uv pip install -r requirements.txt && uv sync",
        "RUN conda env create -f environment.yml",
        "RUN pdm install",
        "RUN apt-get install -y python3-pip && echo pip install",
        'CMD ["pip", "install", "-r", "requirements.txt"]',
    ],
)
def test_anything_else_does_not(run: str) -> None:
    assert tools(run) == ()


def test_the_managers_stand_in_order_once() -> None:
    assert tools("RUN poetry install\nRUN pip install -r a.txt\nRUN pip install .") == ("poetry", "pip")


def test_a_script_that_a_run_starts_is_read() -> None:
    script = "#!/bin/sh\nset -e\npip install -r requirements.txt\n"
    assert tools("RUN ./tools/deps.sh", tools__deps_sh=script) == ("pip",)
    assert tools("RUN sh tools/deps.sh", tools__deps_sh=script) == ("pip",)
    assert tools("RUN ./tools/deps.sh", tools__deps_sh="#!/bin/sh\necho none\n") == ()


def test_a_script_hands_its_arguments_on() -> None:
    text = "COPY get /usr/local/bin/\nRUN get -r requirements.txt"
    assert tools(text, get='#!/bin/sh\nexec python -m pip install "$@"\n') == ("pip",)
    assert tools(text.replace("-r requirements.txt", "flask"), get='#!/bin/sh\npip install "$@"\n') == ()


def test_scripts_that_start_each_other_end() -> None:
    assert tools("RUN ./a.sh", a_sh="#!/bin/sh\n./b.sh\n", b_sh="#!/bin/sh\n./a.sh\npip install .\n") == (
        "pip",
    )
