"""The two small pages that are no part of the console: on the way in, and at a closed door.

Neither holds a script. The first exists because of the session's cookie: set by an answer to which another site has
led, a SameSite=Strict cookie would not be sent with a redirect that follows. A page of ours that goes on by itself is
where the browser's next request comes from.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.native.errors import STATUS, answer
from seedbed.core.errors import Refusal
from seedbed.settings import Settings

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Vary": "Accept"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Seedbed</title>
<link rel="stylesheet" href="{root}/console/now/style.css">
{more}</head>
<body>
<main class="closed-door">
<h1>{title}</h1>
<p>{text}</p>
<p><a class="button primary" href="{href}">{link}</a></p>
</main>
</body>
</html>
"""


def reads_pages(request: Request) -> bool:
    """Whether a person's browser asks, and not a script."""
    return "text/html" in request.headers.get("accept", "")


def landing(settings: Settings, path: str) -> Response:
    """Return the page that goes on to a path of ours, which must have been checked."""
    href = escape(settings.base_path + path)
    more = f'<meta http-equiv="refresh" content="0; url={href}">\n'
    return _page(settings, 200, title="Signed in", text="", href=href, link="Go on", more=more)


def closed_door(settings: Settings, request: Request, refusal: Refusal) -> Response:
    """Return the refusal as a page for people, and as everywhere else for scripts."""
    told = answer(refusal)
    if not reads_pages(request):
        return told
    href, text = escape(f"{settings.base_path}/sign-in"), escape(str(refusal))
    page = _page(settings, STATUS[type(refusal)], title="Not signed in", text=text, href=href, link="Sign in")
    if wait := told.headers.get("retry-after"):
        page.headers["Retry-After"] = wait
    return page


def _page(settings: Settings, status: int, *, title: str, text: str, href: str, link: str, more: str = "") -> Response:
    body = _PAGE.format(root=escape(settings.base_path), title=title, text=text, href=href, link=link, more=more)
    return Response(body, status, headers=_HEADERS, media_type="text/html; charset=utf-8")
