import os

import dj_database_url

SECRET_KEY = os.environ.get("SECRET_KEY", "benchmark-only-not-a-secret")
DEBUG = False
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "channels", "chat"]
MIDDLEWARE = []
ROOT_URLCONF = "app.urls"
ASGI_APPLICATION = "app.asgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Connections stay open in psycopg's pool and are shared by the threads that database_sync_to_async uses (it
# hands them back after each call).
_db = dj_database_url.parse(os.environ["DATABASE_URL"])
_db["CONN_HEALTH_CHECKS"] = False
_db["CONN_MAX_AGE"] = 0
_db["OPTIONS"] = {
    **_db.get("OPTIONS", {}),
    "pool": {"min_size": 4, "max_size": 10, "timeout": 60},
    "prepare_threshold": 5,
}
DATABASES = {"default": _db}

# One PUBLISH per message; each process fans out by itself.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
    },
}
