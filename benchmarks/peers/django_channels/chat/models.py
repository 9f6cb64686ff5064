from django.conf import settings
from django.db import models, transaction


class Conversation(models.Model):
    name = models.CharField(max_length=150, blank=True, default="")
    participants = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="conversations")
    last_seq = models.BigIntegerField(default=0)

    @classmethod
    def post(cls, conversation_id, user, text, client_id):
        """Store a message; the conversation's row lock makes its number. DoesNotExist for strangers."""
        with transaction.atomic():
            conversation = (
                cls.objects.select_for_update(of=("self",))
                .only("last_seq")
                .get(pk=conversation_id, participants=user)
            )
            conversation.last_seq += 1
            conversation.save(update_fields=["last_seq"])
            return Message.objects.create(
                conversation=conversation,
                sender=user,
                seq=conversation.last_seq,
                text=text,
                client_id=client_id,
            )


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    seq = models.BigIntegerField()
    text = models.TextField()
    client_id = models.CharField(max_length=64, blank=True, default="")
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq")]

    def as_json(self):
        return {
            "type": "message",
            "id": self.pk,
            "seq": self.seq,
            "sender": {"id": self.sender_id, "username": self.sender.username},
            "text": self.text,
            "sent_at": self.sent_at.isoformat(),
            "client_id": self.client_id,
        }
