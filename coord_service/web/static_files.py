"""Style sheets, scripts and pictures: known at the start, each with a hash in its address so that it is kept long."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.web.routing import Route

FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file that browsers may have, and the first characters of its SHA-256."""

    path: Path
    version: str


STATIC: web.AppKey[Mapping[str, StaticFile]] = web.AppKey("static")


def list_static_files(folder: Path = FOLDER) -> dict[str, StaticFile]:
    """Every file under the folder by its relative name; only these are ever served, so no name can lead elsewhere."""
    return {
        path.relative_to(folder).as_posix(): StaticFile(path, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix
    }


def static_url(files: Mapping[str, StaticFile], name: str) -> str:
    """The address of a file; it changes when the file does."""
    found = files.get(name)
    return f"/static/{name}?v={found.version}" if found else f"/static/{name}"


async def static_file(request: web.Request) -> web.StreamResponse:
    """One file; kept by the browser for a year when the address says which version it is."""
    found = request.app[STATIC].get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    is_versioned = request.query.get("v") == found.version
    caching = "public, max-age=31536000, immutable" if is_versioned else "no-cache"
    return web.FileResponse(found.path, headers={"Cache-Control": caching})


ROUTES = (Route("GET", r"/static/{name:[\w./-]+}", "static", static_file, Permission.ANYONE),)
