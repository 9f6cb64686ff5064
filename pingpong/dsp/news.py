"""What owners and administrators are told, after the commit: which entities have changed.

It is of the moment and has no id: pages read anew what they show, also when they come back, so that nothing
depends on each word arriving.
"""

import json
from collections.abc import Collection
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from pingpong.extensions import redis
from pingpong.live.extension import bus
from pingpong.live.publish import publish_passing
from pingpong.live.topics import ADMINISTRATORS, user_topic
from pingpong.live.update import Update

log = structlog.get_logger(__name__)

DSP = "dsp"
"""The event of all news of submissions."""

MOST_NAMED = 100


def tell(owner_id: UUID, entity_ids: Collection[UUID]) -> None:
    """Tell that entities of one owner have changed; when they are many, which is left out."""
    ids = sorted({str(one) for one in entity_ids})
    data = json.dumps({"ids": ids[:MOST_NAMED], "count": len(ids)})
    try:
        publish_passing(redis, bus, [Update(f"{user_topic(owner_id)} {ADMINISTRATORS}", DSP, data)])
    except RedisError as error:
        log.warning("dsp_news_not_told", entities=len(ids), error=str(error))
