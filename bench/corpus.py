"""The trees that are measured: a large public Python code base from the package registry, and generated database code."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

WHEEL = "homeassistant==2025.4.4"
GENERATED_FILES = 80
SITES_A_FILE = 8
# Folders that together are about 300 files: for peers that would take many minutes on the whole tree.
SMALL = ("backup", "button", "cover", "deconz", "esphome", "fritz", "group", "homekit", "humidifier", "knx", "number", "rfxtrx")

_SITE = '''

def list_{name}_{number}(db: Session) -> list[{model}]:
    """All rows of one kind."""
    rows = db.query({model}).all()
    return [row for row in rows if row.id != {number}]
'''


def build(folder: Path) -> tuple[Path, Path]:
    """The large tree and the small one, each a git repository with everything added."""
    large, small = folder / "large", folder / "small"
    if not (large / ".git").exists():
        _unpack(folder, large)
        _generate(large)
        _track(large)
    if not (small / ".git").exists():
        components = large / "homeassistant" / "components"
        for name in SMALL:
            shutil.copytree(components / name, small / "homeassistant" / "components" / name)
        _generate(small)
        (small / "homeassistant" / "restore.py").write_text("class RestoreEntity:\n    pass\n")
        _track(small)
    return large, small


def _unpack(folder: Path, large: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.13", "--dest", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, WHEEL], check=True)
    with zipfile.ZipFile(next(folder.glob("homeassistant-*.whl"))) as wheel:
        wheel.extractall(large)
    # Case a: a module has moved, and nothing that imports it was told.
    (large / "homeassistant" / "helpers" / "restore_state.py").rename(large / "homeassistant" / "restore.py")


def _generate(tree: Path) -> None:
    for file in range(GENERATED_FILES):
        model = f"Model{file}"
        body = "from sqlalchemy.orm import Session\n\nfrom .models import " + model + "\n"
        for number in range(SITES_A_FILE):
            body += _SITE.format(name="rows", number=number, model=model)
        target = tree / "shop" / f"repository_{file}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body)


def _track(tree: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--template=", str(tree)], check=True)
    subprocess.run(["git", "-C", str(tree), "add", "--all", "--force"], check=True)
