"""Who did it: people by their ids, and ids by what people are called."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select

from pingpong.accounts.models import User
from pingpong.errors import InvalidInput
from pingpong.extensions import db, release


def actor_id_of(given: str) -> UUID:
    """The id of who has this username, e-mail address or id. Raises InvalidInput for a name of nobody's."""
    try:
        return UUID(given)
    except ValueError:
        user = User.find_by_name(given)
    if user is None:
        raise InvalidInput.of(actor="there is nobody of this name")
    return user.id


def usernames(ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """What they are called, as far as they are known."""
    known = select(User.id, User.username).where(User.id.in_({one for one in ids if one}))
    names = {row.id: row.username for row in db.session.execute(known)}
    release()
    return names
