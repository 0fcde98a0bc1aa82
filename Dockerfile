# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /opt/steward
COPY requirements/runtime.txt requirements/
RUN python -m venv .venv && .venv/bin/python -m pip install --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY projections projections
COPY api api
COPY demo demo
RUN .venv/bin/python -m pip install --no-deps --no-index --no-build-isolation .

FROM python:3.13-slim
RUN groupadd --system --gid 10001 steward && useradd --system --uid 10001 --gid steward --home-dir /nonexistent steward \
    && install -d -o steward -g steward -m 0700 /var/lib/steward
COPY --from=build /opt/steward/.venv /opt/steward/.venv
COPY deploy/entrypoint.sh deploy/healthcheck.py deploy/wait_for_database.py /opt/steward/deploy/
# Known to every process of the container, `docker compose exec steward steward …` too: entrypoint.sh writes the file.
ENV STEWARD_DATA_DIR=/var/lib/steward PGPASSFILE=/tmp/steward-pgpass
ENV PATH=/opt/steward/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "/opt/steward/deploy/healthcheck.py"]
ENTRYPOINT ["/bin/sh", "/opt/steward/deploy/entrypoint.sh"]
CMD ["serve"]
