"""A small API: an app with one feature whose routes show all that can be declared."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Literal

from flask import Blueprint, Flask
from pydantic import BaseModel, ConfigDict, Field

from pingpong.errors import NotFound, PingpongError, init_errors
from pingpong.http import init_http
from pingpong.openapi.access import Access
from pingpong.openapi.models import Body, Query
from pingpong.openapi.operation import Answer, Concrete, Tag, operation
from pingpong.openapi.reading import given_body
from pingpong.settings import load_settings

NOTES = Tag("Notes", "What people write down.")
COLOURS = {"red": "Write in red.", "blue": "Write in blue."}
blueprint = Blueprint("notes", __name__)


class NewNote(Body):
    text: str = Field(min_length=1, examples=["buy milk"])
    copies: int = Field(1, examples=[2])


class Change(Body):
    text: str | None = None


class NoteQuery(Query):
    limit: int = Field(25, ge=1, le=100, examples=[10])
    colour: Literal["red", "blue"] | None = None


class NoteHeader(Query):
    author: str = Field(alias="X-Author", examples=["Ada"])


class Note(BaseModel):
    id: int
    text: str

    model_config = ConfigDict(json_schema_extra={"example": {"id": 1, "text": "buy milk"}})


NoteId = Annotated[int, Field(description="A note's id.", examples=[1])]


class Forbidden(PingpongError):
    status = 401
    code = "unauthorized"


def nobody(view: Callable) -> Callable:
    """Let nobody in."""

    @wraps(view)
    def refused(**path: object) -> None:
        raise Forbidden("Nobody may.")

    return refused


@blueprint.post("/api/notes/")
@operation(NOTES, answers={201: Note, 200: Note}, errors=[409])
def write(body: NewNote) -> Note | tuple[Note, int, dict[str, str]]:
    """Write a note.

    Many copies are one note.
    """
    note = Note(id=1, text=body.text * body.copies)
    return (note, 200, {"X-Known": "yes"}) if body.text == "known" else note


@blueprint.get("/api/notes/<int:note_id>/")
@operation(NOTES, answers={200: Note}, errors=[404], access=Access.OPTIONAL)
def read(note_id: NoteId) -> Note:
    """Read a note."""
    if note_id != 1:
        raise NotFound("There is no such note.")
    return Note(id=note_id, text="buy milk")


@blueprint.delete("/api/notes/<int:note_id>/")
@operation(NOTES, answers={204: Answer("Gone.")}, access=Access.ACCOUNT)
def forget(note_id: NoteId) -> tuple[str, int]:
    """Forget a note."""
    return "", 204


@blueprint.get("/notes.txt")
@operation(NOTES, answers={200: Answer("A note a line.", media_type="text/plain", example="buy milk\n")})
def lines(query: NoteQuery, header: NoteHeader) -> str:
    """All notes, as text."""
    return f"{header.author} {query.limit}"


@blueprint.patch("/api/notes/<int:note_id>/")
@operation(NOTES, answers={200: Note})
def change(note_id: NoteId, body: Change) -> Note:
    """Change a note."""
    return Note(id=note_id, text=body.text or "as it was")


@blueprint.get("/notes/stream")
@operation(NOTES, answers={200: Answer("A note an event.", Note, "text/event-stream", example="data: 1")})
def stream() -> str:
    """All notes, one after the other."""
    return ""


@blueprint.post("/api/secrets/")
@nobody
@operation(NOTES, answers={201: Note}, access=Access.ACCOUNT)
def write_secret(body: NewNote) -> Note:
    """Write a secret note."""
    return Note(id=1, text=body.text)


@blueprint.get("/api/notes/<colour>/")
@operation(NOTES, answers={200: Note}, each=lambda: [Concrete("red", "Read the red note.")])
def read_colour(colour: str) -> Note:
    """Read a note of a colour."""
    return Note(id=1, text=colour)


@blueprint.post("/api/notes/<colour>/")
@operation(
    NOTES,
    answers={201: Answer("Written.", Note, headers={"Location": "Where it is."})},
    each=lambda: [Concrete(colour, summary, NewNote) for colour, summary in COLOURS.items()],
)
def write_in_colour(colour: str) -> Note:
    """Write a note in colour."""
    return Note(id=1, text=f"{colour} {given_body()['text']}")


def make_app() -> Flask:
    """The app; it has no database."""
    app = Flask("pingpong")
    settings = load_settings(PINGPONG_ENV="test", database_url="postgresql://", redis_url="redis://")
    app.extensions["settings"] = settings
    init_http(app, settings)
    init_errors(app)
    app.register_blueprint(blueprint)
    return app
