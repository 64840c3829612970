"""Pages that are one HTML file: style and script inside, locked by their hashes, so that nothing else can run.

The policy allows the scripts that our own script loads ('strict-dynamic'), pictures and sound of the folder the page
lies in, and nothing from any network.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

ASSETS = files("batch.report") / "assets"
STYLE = "report.css"


def asset(name: str) -> str:
    """The text of one of our own files."""
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FunctionLoader(asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def rendered(template: str, **values: Any) -> Markup:
    """One of our templates with values, which are escaped unless they are Markup."""
    return Markup(_templates().get_template(template).render(**values))


def standalone(title: str, body: Markup, *, script: str = "") -> str:
    """A whole page around `body`, with the report's style. `script` is our own code, never data: it runs as it is."""
    css = asset(STYLE)
    return str(
        rendered(
            "page.html",
            title=title,
            css=Markup(css),
            body=body,
            script=Markup(script),
            policy=policy(css, script),
        )
    )


def policy(css: str, script: str) -> str:
    """The Content-Security-Policy: what a browser may load and run here."""
    # Browsers that know 'strict-dynamic' pass over the sources after it; they are for those that do not.
    scripts = f"'{_hash(script)}' 'strict-dynamic' 'self' file:" if script else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src '{_hash(css)}'; img-src 'self' file:; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
