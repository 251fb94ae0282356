"""A PostgreSQL server of one's own, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Debian keeps them off the path.
_FOLDERS = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
PATH = os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS])
IS_INSTALLED = all(shutil.which(name, path=PATH) for name in ("initdb", "pg_ctl", "postgres"))


@contextmanager
def server() -> Iterator[str]:
    """A fresh server on a free port of this machine, as `user@host:port/database`; it is stopped and removed at the end.

    It refuses to run for root, who starts it for the user `postgres`.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    def run(*command: str) -> None:
        program = shutil.which(command[0], path=PATH)
        assert program is not None
        subprocess.run([program, *command[1:]], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "me", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"me@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
