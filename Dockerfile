# The server with all that it needs; docker-compose.yml runs it beside a PACS and a database.
FROM python:3.11-slim-bookworm

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 SAM2_BUILD_CUDA=0
WORKDIR /opt/fetal-head

# what changes seldom first: torch, and the versions that the project is tested with
COPY constraints.txt pyproject.toml README.md LICENSE ./
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential git libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && pip install -c constraints.txt setuptools wheel torch==2.13.0
COPY lib lib
COPY configs configs
COPY apps apps
RUN pip install --no-build-isolation -c constraints.txt -e ".[postgresql]"

# models that are trained, and the study folder, outlive the container in volumes, which belong to whom their folders here do
RUN useradd --create-home --uid 1000 fetal-head \
    && mkdir -p /studies apps/fetal_head/model \
    && chown -R fetal-head /studies apps
USER fetal-head
VOLUME ["/studies", "/opt/fetal-head/apps/fetal_head/model"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')"]
ENTRYPOINT ["fetal-head"]
CMD ["serve", "--studies", "/studies", "--host", "0.0.0.0"]
