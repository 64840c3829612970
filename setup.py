"""Refuses to install where the package could not run, with the reason; all the rest is in pyproject.toml.

Without it an older pip, such as that of macOS's own Python 3.9, ends in a page about some dependency.
"""

import os
import sys

from setuptools import setup

if sys.version_info < (3, 11):  # noqa: UP036 - old Pythons do come here
    raise SystemExit(
        "gemma4-batch needs Python 3.11 or newer; this is %d.%d (%s). Get one from python.org, or use uv, "  # noqa: UP031
        "which brings its own: see README.md." % (sys.version_info[0], sys.version_info[1], sys.executable)
    )

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

from batch.errors import BatchError
from batch.machine.support import check_machine

try:
    check_machine()
except BatchError as error:
    raise SystemExit(str(error)) from None

setup()
