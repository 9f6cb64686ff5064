"""What the news is to a person: their own topic, for as long as their session counts."""

from pingpong.accounts.identity import Identity, identify_listener
from pingpong.live.topics import ADMINISTRATORS, GAPS, NOBODY, Audience, session_topic, user_topic


def audience_of_request() -> Audience:
    """The audience that opens a stream by this request. Raises Unauthorized for a bad ticket or token."""
    identity = identify_listener()
    return audience_of(identity) if identity else NOBODY


def audience_of(identity: Identity) -> Audience:
    """What a person hears of their own, and an administrator of everybody."""
    own = {user_topic(identity.user.id)}
    return Audience(
        topics=frozenset(own | {ADMINISTRATORS} if identity.user.is_admin else own),
        control=frozenset({session_topic(identity.session_id), GAPS}),
        until=identity.expires_at,
    )
