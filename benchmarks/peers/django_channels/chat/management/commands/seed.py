import json

from chat.models import Conversation
from django.contrib.auth.models import User
from django.core import signing
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Make conversations and their members; prints the paths of their sockets, a list for each."

    def add_arguments(self, parser):
        parser.add_argument("conversations", type=int)
        parser.add_argument("members", type=int)

    def handle(self, *args, conversations, members, **options):
        self.stdout.write(json.dumps([self.make(number, members) for number in range(conversations)]))

    def make(self, number, members):
        people = User.objects.bulk_create(
            User(username=f"person-{number}-{member}", password="!") for member in range(members)
        )
        conversation = Conversation.objects.create(name=f"Conversation {number}")
        conversation.participants.set(people)
        return [f"/ws/chat/{conversation.pk}/?token={signing.dumps(person.pk)}" for person in people]
