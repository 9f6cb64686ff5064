"""Streams, sockets and what is said on them."""

from pydantic import BaseModel, Field

from pingpong.settings.types import RateLimit, Seconds


class LiveSettings(BaseModel):
    """Streams, sockets and what is said on them."""

    live_stream_length: int = Field(10_000, ge=1, description="Events kept in Redis for those who come back.")
    live_stream_ttl_s: int = Field(
        24 * 3600, gt=0, description="Without news, the stream expires after this."
    )
    live_ring_length: int = Field(5_000, ge=1, description="Events that a web process keeps for replay.")
    live_client_buffer: int = Field(
        1_000, ge=1, description="A stream this many events behind is disconnected."
    )
    live_comment_every_s: Seconds = Field(15, description="A silent stream gets a comment this often.")
    live_send_timeout_s: Seconds = Field(
        30, description="A stream that takes no bytes for this long is closed."
    )
    live_max_streams: int = Field(5_000, ge=1, description="Streams per web process; more are answered 503.")
    socket_ping_every_s: Seconds = Field(
        25,
        description="A silent socket is pinged; if it stays silent or takes nothing, closed.",
    )
    socket_check_every_s: Seconds = Field(
        30, description="How often an open socket's login session is looked up."
    )
    socket_max: int = Field(5_000, ge=1, description="Sockets per web process; more are closed with 4429.")
    socket_max_per_person: int = Field(50, ge=1, description="Those of one person in a web process.")
    socket_max_message_bytes: int = Field(
        64 * 1024, ge=1, description="A larger message from a client closes its socket with 1009."
    )
    socket_messages_at_once: int = Field(
        20, ge=1, description="Messages that a client may send within the next setting's seconds."
    )
    socket_messages_within_s: Seconds = Field(10, description="More of them are answered with an error.")
    chat_messages_rate_limit: RateLimit = Field(
        "10/minute", description="Pages of a conversation's messages that a person may ask the API for."
    )
    chat_max_members: int = Field(100, ge=2, description="People in one conversation.")
    chat_edit_within_s: int = Field(
        15 * 60, gt=0, description="One's own message may be edited or deleted for this long."
    )
    chat_recent_length: int = Field(
        1_000, ge=1, description="Messages of each conversation that Redis keeps for those who open it."
    )
    chat_recent_ttl_s: int = Field(
        24 * 3600, gt=0, description="Redis forgets them this long after the newest."
    )
    chat_typing_every_s: Seconds = Field(1, description="Who types is told at most this often.")
    chat_away_after_s: Seconds = Field(
        60, description="Whoever's web process has died counts as online for this long."
    )
