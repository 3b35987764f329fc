"""The command ``pytest`` without the seconds that torch takes to be imported.

A server imports what takes long, and forks for each call. The command in its folder hands over its
arguments, folder, environment and open files, and ends as the fork does: each call is a process.
"""

import gc
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread

# Nothing of sertify, of which each call may have another copy, and no plugin of pytest.
_IMPORTED = (
    "jinja2",
    "pydantic",
    "ruamel.yaml",
    "scipy.stats",
    "soundfile",
    "soxr",
    "torch",
    "transformers.models.auto.modeling_auto",
    "transformers.models.wav2vec2.modeling_wav2vec2",
    "transformers.models.wavlm.modeling_wavlm",
    "transformers.models.hubert.modeling_hubert",
)
_COMMAND = """\
#!{python} -IS
import json, os, socket, sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(call).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(call)
    sys.exit(server.recv(1)[0])
"""


@contextmanager
def warm_pytest(folder: Path, variables: Mapping[str, str]) -> Iterator[Path]:
    """Serve, and yield the folder of the command.

    What modules read of ``variables`` when they are imported is the same for all calls.
    """
    command, address = folder / "pytest", str(folder / "socket")
    command.write_text(_COMMAND.format(python=sys.executable, address=address), "utf-8")
    command.chmod(0o755)
    server = (sys.executable, __file__, address)
    pipe = subprocess.PIPE
    with subprocess.Popen(server, env=variables, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield folder
        finally:
            process.kill()


def _serve(address: str) -> None:
    for module in _IMPORTED:
        import_module(module)
    # It brings a plugin, of which pytest would say that it cannot rewrite what is imported already.
    import_module("anyio").__doc__ = "PYTEST_DONT_REWRITE"
    # Who began it may be killed, and with it goes the other end of this.
    Thread(target=lambda: sys.stdin.read() or os._exit(0), daemon=True).start()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        gc.freeze()  # else each fork would copy what it only looks through
        while True:
            with listening.accept()[0] as connection:
                number = os.fork()
                if not number:
                    listening.close()
                    sys.exit(_called(connection))
                _, status = os.waitpid(number, 0)
                connection.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))


def _called(connection: socket.socket) -> int:
    """Become the process that was called for."""
    header, files, _, _ = socket.recv_fds(connection, 4, 3)
    length = int.from_bytes(header, "big")
    with connection.makefile("rb") as stream:
        arguments, folder, variables = json.loads(stream.read(length))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:] = [*variables.get("PYTHONPATH", "").split(os.pathsep), *sys.path[1:]]
    sys.argv = ["pytest", *arguments]
    return int(import_module("pytest").console_main())


if __name__ == "__main__":
    _serve(sys.argv[1])
