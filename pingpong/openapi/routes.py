"""`/api/schema/`: the description, and two readers of it that load nothing from elsewhere."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from pydantic import ConfigDict, RootModel

from pingpong.openapi.operation import Tag, operation

blueprint = Blueprint(
    "schema", __name__, url_prefix="/api/schema", template_folder="templates", static_folder="static"
)

THIS = Tag("Description", "This description.")


class Description(RootModel[dict[str, Any]]):
    """An OpenAPI document."""

    model_config = ConfigDict(json_schema_extra={"example": {"openapi": "3.1.0"}})


SWAGGER_UI = Path(str(files("flask_openapi3_swagger"))) / "templates" / "swagger"
REDOC = Path(str(files("flask_openapi3_redoc"))) / "templates" / "redoc"
FOLDERS = {"swagger-ui": SWAGGER_UI, "redoc": REDOC}
REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; worker-src blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Both readers write their styles as they go, and Redoc searches in a worker of its own making."""


@blueprint.get("/")
@operation(THIS, answers={200: Description})
def document() -> Description:
    """The API's description, as OpenAPI 3.1."""
    return Description(_description())


@blueprint.get("/swagger-ui/")
def swagger_ui() -> str:
    """The description, to be tried out."""
    return render_template("openapi/swagger-ui.html")


@blueprint.get("/redoc/")
def redoc() -> str:
    """The description, to be read."""
    return render_template("openapi/redoc.html")


@blueprint.get("/redoc/js/redoc.standalone.js")
def redoc_script() -> Response:
    """Redoc, its logo taken from here: it would ask another host for it."""
    script = (REDOC / "js" / "redoc.standalone.js").read_text()
    script = script.replace(
        REDOC_LOGO, url_for("schema.reader_file", reader="redoc", file="images/redoc.svg")
    )
    response = Response(script, mimetype="text/javascript")
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/<any('swagger-ui', redoc):reader>/<path:file>")
def reader_file(reader: str, file: str) -> Response:
    """What a reader consists of, from its package."""
    return send_from_directory(FOLDERS[reader], file)


@blueprint.after_request
def _let_readers_style(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


def _description() -> dict[str, Any]:
    """Made when it is first asked for, and kept."""
    if "openapi" not in current_app.extensions:
        # Not above: a worker has no use for the library.
        from pingpong.openapi.document import describe  # noqa: PLC0415

        current_app.extensions["openapi"] = describe(current_app)
    description: dict[str, Any] = current_app.extensions["openapi"]
    return description
