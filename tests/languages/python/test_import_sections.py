"""Several imports at once, and where sections of imports begin."""

from __future__ import annotations

import pytest
from autofix.languages.python.import_insertion import add_imports
from autofix.text.edit import apply_edits
from autofix.text.source import Source

WANTED = (
    ("sqlalchemy.orm", "joinedload"),
    ("asyncio", None),
    ("sqlalchemy", "select"),
    ("sqlalchemy.orm", "backref"),
    ("app.models", "User"),
    ("typing", "Any"),
)
NEW = """\
import asyncio
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import backref, joinedload

"""

SECTIONS = {
    "none of them": ('"""Doc."""\n', f'"""Doc."""\n\n{NEW}from app.models import User\n'),
    "own only": (
        "from app.zoo import Lion\n\nLion()\n",
        f"{NEW}from app.models import User\nfrom app.zoo import Lion\n\nLion()\n",
    ),
    "only future": (
        "from __future__ import annotations\n\nx = 1\n",
        f"from __future__ import annotations\n\n{NEW}from app.models import User\n\nx = 1\n",
    ),
    "all, apart": (
        "import os\n\nimport fastapi\n\nimport app\n",
        """\
import asyncio
import os
from typing import Any

import fastapi
from sqlalchemy import select
from sqlalchemy.orm import backref, joinedload

import app
from app.models import User
""",
    ),
    "first and last": (
        "import os\n\nfrom app import models\n",
        """\
import asyncio
import os
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import backref, joinedload

from app import models
from app.models import User
""",
    ),
    "extended": (
        """\
from typing import Text

from sqlalchemy import func
from sqlalchemy.orm import (
    aliased,
)

from app.models import Tag
""",
        """\
import asyncio
from typing import Any, Text

from sqlalchemy import func, select
from sqlalchemy.orm import (
    aliased,
    backref,
    joinedload,
)

from app.models import Tag, User
""",
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", SECTIONS)
def test_new_lines_stand_in_their_section(name: str, newline: str) -> None:
    before, after = (text.replace("\n", newline) for text in SECTIONS[name])
    source = Source("a.py", before.encode())
    made = apply_edits(source.text, add_imports(source, WANTED, {"app"}))
    assert made.decode() == after
    assert add_imports(Source("a.py", made), WANTED, {"app"}) == []


UNSORTED = {
    "sections that are mixed": "import fastapi\nimport os\nfrom app import x\n",
    "a comment that may belong to the file": "# Licence\nimport fastapi\n",
    "a changed path": "import sys\nsys.path.insert(0, '.')\nimport fastapi\n",
}


@pytest.mark.parametrize("name", UNSORTED)
def test_no_section_is_opened_where_the_order_is_another(name: str) -> None:
    source = Source("a.py", UNSORTED[name].encode())
    made = apply_edits(source.text, add_imports(source, [("asyncio", None)], {"app"})).decode()
    assert made.count("\n\n") == UNSORTED[name].count("\n\n")
    assert "import asyncio\n" in made
