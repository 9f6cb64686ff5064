from django.http import HttpResponse


async def healthz(request):
    return HttpResponse("ok")
