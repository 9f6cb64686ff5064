import json
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import User
from django.core import signing

from .models import Conversation

LONGEST_TEXT = 4000


class ChatConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self):
        self.conversation_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        token = parse_qs(self.scope["query_string"].decode()).get("token", [""])[0]
        try:
            self.user = await find_member(self.conversation_id, token)
        except (signing.BadSignature, User.DoesNotExist):
            await self.close(4401)
            return
        self.group = f"chat_{self.conversation_id}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def dispatch(self, message):
        # Channels' own also sends a thread to look for old connections, for each message to each member; those
        # of a pool are handed back after each query anyway.
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def disconnect(self, code):
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content):
        text = content.get("text")
        if content.get("type") != "message" or not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
            await self.send_json({"type": "error", "code": "malformed_message", "message": "no such message"})
            return
        try:
            message = await post(self.conversation_id, self.user, text, content.get("client_id", ""))
        except Conversation.DoesNotExist:
            await self.close(4404)
            return
        # Made into JSON once, not once for each member.
        event = {"type": "chat.message", "text": json.dumps(message.as_json())}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event):
        await self.send(text_data=event["text"])


def _find_member(conversation_id, token):
    user_id = signing.loads(token, max_age=3600)
    return User.objects.get(pk=user_id, is_active=True, conversations=conversation_id)


# Not thread-sensitive: all of a process' queries would share one thread.
find_member = database_sync_to_async(_find_member, thread_sensitive=False)
post = database_sync_to_async(Conversation.post, thread_sensitive=False)
