# One image for every part of an installation: `coord serve`, `coord work`, `coord migrate`.
# Where no page is served (work, migrate) switch the health check off: --no-healthcheck.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY requirements.lock ./
RUN awk '/^uv==/ {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock > /tmp/uv.txt \
    && pip install --no-cache-dir --no-deps --require-hashes -r /tmp/uv.txt \
    && python -m venv /opt/coord
COPY . .
# The lock as constraints: the service's own part of it, its versions and hashes, without what only tests need
RUN uv pip install --python /opt/coord/bin/python --no-cache \
    --constraints requirements.lock --build-constraints requirements.lock .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/coord coord
COPY --from=build /opt/coord /opt/coord
ENV PATH=/opt/coord/bin:$PATH PYTHONUNBUFFERED=1 COORD_HOST=0.0.0.0 COORD_PORT=8080 COORD_DATA_DIR=/var/lib/coord
USER 10001
WORKDIR /var/lib/coord
VOLUME /var/lib/coord
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["coord"]
CMD ["serve"]
