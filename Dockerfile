# One image for the API, the workers and the migrations; the services are containers of their own.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements/runtime.lock requirements/dev.lock requirements/
RUN python -m venv /opt/forfait \
 && /opt/forfait/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/dev.lock
COPY . .
RUN /opt/build/bin/hatchling build -t wheel -d /wheels \
 && /opt/forfait/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /var/lib/forfait forfait
COPY --from=build /opt/forfait /opt/forfait
ENV PATH=/opt/forfait/bin:$PATH FORFAIT_HOME=/var/lib/forfait FORFAIT_LOG_FORMAT=json
USER forfait
WORKDIR /var/lib/forfait
EXPOSE 8000
ENTRYPOINT ["forfait"]
CMD ["serve", "--host", "0.0.0.0"]
