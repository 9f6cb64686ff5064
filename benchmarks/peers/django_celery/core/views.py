import json

import redis
from django.conf import settings
from django.core.paginator import Paginator
from django.http import JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from .models import Message
from .tasks import process_message

MAX_LEN = 1000


@require_POST
def submit(request):
    if request.content_type == "application/json":
        try:
            text = json.loads(request.body)["message"]
        except (ValueError, KeyError, TypeError):
            return JsonResponse({"error": "bad JSON"}, status=400)
        if not isinstance(text, str):
            return JsonResponse({"error": "message must be text"}, status=400)
    else:
        text = request.POST.get("message", "")
    text = text.strip()
    if not text:
        return JsonResponse({"error": "message is empty"}, status=400)
    if len(text) > MAX_LEN:
        return JsonResponse({"error": "message is too long"}, status=400)
    msg = Message.objects.create(text=text)
    if settings.PEER_COUNTDOWN:
        process_message.apply_async((msg.pk, 0), countdown=settings.PEER_DELAY)
    else:
        process_message.delay(msg.pk)
    response = JsonResponse({"id": msg.pk, "status": msg.status}, status=202)
    # CommonMiddleware would add this; without it gunicorn has to use chunks
    response["Content-Length"] = len(response.content)
    return response


def _event_stream():
    client = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True, socket_timeout=None)
    pubsub = client.pubsub()
    try:
        pubsub.subscribe(settings.EVENTS_CHANNEL)
        for message in pubsub.listen():
            if message["type"] == "message":
                yield f"data: {message['data']}\n\n"
            else:  # the subscription is confirmed
                yield ": connected\n\n"
    finally:
        pubsub.close()
        client.close()


@require_GET
def events(request):
    response = StreamingHttpResponse(_event_stream(), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


@require_GET
def history(request):
    page = Paginator(Message.objects.all(), 25).get_page(request.GET.get("page"))
    return render(request, "core/history.html", {"page": page})
