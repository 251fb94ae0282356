"""Which imports come from other distributions, as far as the files of a repository tell."""

from __future__ import annotations

import re

from autofix.fixer import Language, Project
from autofix.languages import language_of

# A distribution's name stands first in its line, its list item or its string.
_NAME = re.compile(rb"(?:^[ \t]*(?:-[ \t]+)?|[\"'])([A-Za-z][A-Za-z0-9._-]*)", re.MULTILINE)
_MANIFESTS = frozenset(
    ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock",
     "environment.yml", "environment.yaml", "conda.yml", "tox.ini", "noxfile.py")
)  # fmt: skip

# Imports whose distribution has another name (project pages of PyPI).
_OTHERWISE_NAMED = frozenset(
    ("Crypto", "IPython", "MySQLdb", "OpenSSL", "PIL", "Xlib", "attr", "bpy", "bs4", "cv2", "dateutil", "docx", "dotenv",
     "environ", "faiss", "fitz", "gi", "git", "github", "google", "grpc", "jose", "jwt", "magic", "multipart",
     "pkg_resources", "pptx", "psycopg2", "rest_framework", "ruamel", "serial", "skimage", "sklearn", "slugify", "socks",
     "telegram", "usb", "websocket", "win32api", "win32com", "wx", "yaml", "zmq")
)  # fmt: skip
# Imports so common that a repository without any manifest may still mean them.
_FAMOUS = frozenset(
    ("aiohttp", "alembic", "anthropic", "asyncpg", "boto3", "botocore", "celery", "click", "django", "fastapi", "flask",
     "gunicorn", "httpx", "jinja2", "langchain", "loguru", "matplotlib", "mock", "nose", "numpy", "openai", "pandas",
     "passlib", "pydantic", "pydantic_settings", "pymongo", "pytest", "redis", "requests", "rich", "scipy", "setuptools",
     "six", "sqlalchemy", "sqlmodel", "starlette", "streamlit", "structlog", "tenacity", "tensorflow", "tiktoken",
     "torch", "tqdm", "transformers", "typer", "uvicorn", "websockets", "werkzeug")
)  # fmt: skip


def declared_dependencies(project: Project) -> frozenset[str]:
    """The names that stand where manifests and lock files name dependencies, normalised; there may be others among them."""
    found: set[str] = set()
    for path in project.paths:
        if path.rpartition("/")[2] in _MANIFESTS or language_of(path) is Language.REQUIREMENTS:
            found |= {_normalised(name.decode()) for name in _NAME.findall(project.read(path) or b"")}
    return frozenset(found)


def is_dependency(top: str, declared: frozenset[str]) -> bool:
    """Whether an import's first component is declared, or known to be somebody else's."""
    name = _normalised(top)
    spellings = (name, f"python-{name}", f"py{name}", f"{name}-python")
    return top in _OTHERWISE_NAMED or top in _FAMOUS or not declared.isdisjoint(spellings)


def _normalised(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
