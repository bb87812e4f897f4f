"""Builds the C extension; everything else about the package is in pyproject.toml.

NATIVE_SANITIZE=address,undefined in the environment builds it with gcc's sanitizers, which end the process at the
first fault. Python can load such a build only with their library loaded before it: tests/sanitized.py does both.
"""

import os
import shutil
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SANITIZERS = os.environ.get("NATIVE_SANITIZE", "")
CAREFUL = f"-fsanitize={SANITIZERS} -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-wrapv -O1 -g".split()
SANITIZE = CAREFUL if SANITIZERS else []


class BuildNative(build_ext):
    """Says what to install where a compiler or Python's headers are missing: there is no version without C."""

    def build_extensions(self) -> None:
        """Build, after a look for what building needs."""
        if SANITIZERS and self.inplace:
            raise SystemExit("NATIVE_SANITIZE builds beside the sources only: python setup.py build --build-lib FOLDER")
        compiler = self.compiler.compiler[0]
        headers = Path(sysconfig.get_paths()["include"])
        if shutil.which(compiler) is None:
            missing = f"the C compiler {compiler!r} was not found"
        elif not (headers / "Python.h").exists():
            missing = f"Python's headers were not found (there is no {headers / 'Python.h'})"
        else:
            super().build_extensions()
            return
        raise SystemExit(f"platematch is partly C, and {missing}. On Debian or Ubuntu: apt-get install gcc python3-dev")


setup(
    ext_modules=[
        Extension(
            "platematch._native",
            sources=sorted(str(path) for path in Path("native").glob("*.c")),
            depends=sorted(str(path) for path in Path("native").glob("*.h")),
            extra_compile_args=["-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", *SANITIZE],
            extra_link_args=["-pthread", *SANITIZE],
        )
    ],
    cmdclass={"build_ext": BuildNative},
)
