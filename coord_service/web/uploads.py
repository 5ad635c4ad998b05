"""Files that come with a form, and files that are given out: always as a download, never shown by the browser."""

from aiohttp import web

from coord_service.errors import InvalidForm
from coord_service.operations.documents import Upload, check_upload
from coord_service.web.forms import Form


def read_upload(form: Form, name: str, limit_mb: int, missing: str = "") -> Upload | None:
    """The file of a field, recognised by its content; None where none was chosen and none has to be."""
    field = form.file(name)
    if field is None:
        if missing:
            form.refuse(name, missing)
        return None
    try:
        return check_upload(field.file.read(limit_mb * 1024 * 1024 + 1), limit_mb)
    except InvalidForm as error:
        form.refuse(name, error.fields["document"])
        return None


def give_download(content: bytes, content_type: str, name: str) -> web.Response:
    """A file under a neutral name; whatever is in it, the browser neither guesses its type nor runs it."""
    return web.Response(
        body=content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
