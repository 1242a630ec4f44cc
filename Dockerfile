# AWM as a server: not root, nothing to write to but /tmp, worlds jailed inside as everywhere else.
#
#     docker build -t awm .
#     docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -v "$PWD/worlds:/worlds:ro" \
#         -e AWM_SERVE_TOKENS awm serve mcp /worlds --host 0.0.0.0 --port 8000
FROM python:3.13-slim AS build
# What else to install: extras of awm's, and packages beside it. deploy/kuberay.yaml says what a Ray cluster needs.
ARG EXTRAS=openenv
ARG WITH=""
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/awm && /opt/awm/bin/pip install --no-cache-dir ".[${EXTRAS}]" ${WITH}

FROM python:3.13-slim
# An init that reaps what worlds leave behind; Docker's own `--init` is not to be had everywhere.
RUN apt-get update && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin awm
COPY --from=build /opt/awm /opt/awm
ENV PATH=/opt/awm/bin:$PATH PYTHONDONTWRITEBYTECODE=1 AWM_LOG_FORMAT=json AWM_OUTPUT_DIR=/tmp/outputs
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["tini", "--", "awm"]
CMD ["serve", "mcp", "bundled", "--host", "0.0.0.0", "--port", "8000"]
