import os

import dj_database_url

SECRET_KEY = os.environ.get("SECRET_KEY", "benchmark-only-not-a-secret")
DEBUG = False
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = ["core"]
MIDDLEWARE = []  # submit is CSRF-free by the brief; nothing else is needed
ROOT_URLCONF = "app.urls"
WSGI_APPLICATION = "app.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database -------------------------------------------------------------
# PEER_DB=persistent : one connection per thread, kept for CONN_MAX_AGE=60 s.
#                      Right for prefork.  Under gevent a "thread" is a
#                      greenlet, so this would mean a connection per greenlet.
# PEER_DB=pool       : Django 5.1+ psycopg_pool (CONN_MAX_AGE must be 0 then);
#                      connections stay open in the pool and are shared by all
#                      greenlets/threads.  Right for gevent and threads.
PEER_DB = os.environ.get("PEER_DB", "pool")
_db = dj_database_url.parse(os.environ["DATABASE_URL"])
_db["CONN_HEALTH_CHECKS"] = False
if PEER_DB == "persistent":
    _db["CONN_MAX_AGE"] = 60
else:
    _db["CONN_MAX_AGE"] = 0
    _db.setdefault("OPTIONS", {})["pool"] = {
        "min_size": int(os.environ.get("PEER_DB_POOL_MIN", "4")),
        "max_size": int(os.environ.get("PEER_DB_POOL_MAX", "10")),
        "timeout": 60,
    }
DATABASES = {"default": _db}

# --- redis / celery ---------------------------------------------------------
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
EVENTS_CHANNEL = os.environ.get("PEER_CHANNEL", "events")
PEER_DELAY = float(os.environ.get("PEER_DELAY", "3"))
# Extra, off by default: wait with Celery's ETA (countdown) instead of sleeping in the task.
PEER_COUNTDOWN = os.environ.get("PEER_COUNTDOWN") == "1"

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_SEND_SENT_EVENT = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_PREFETCH_MULTIPLIER = int(os.environ.get("PEER_PREFETCH", "4"))
CELERY_BROKER_POOL_LIMIT = int(os.environ.get("PEER_BROKER_POOL", "32"))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "core.tasks.heartbeat", "schedule": 3.0},
}
