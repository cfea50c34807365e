# Sensorium's server as a container. The same steps without Docker: docs/deploy.md.
#   docker build -t sensorium .
#   docker run --rm -p 8080:8080 -v /srv/models:/models:ro -v sensorium-index:/index sensorium --model /models/clip --index /index/main
FROM debian:12-slim AS build
WORKDIR /src
COPY packages.txt deploy/build-packages.sh deploy/
RUN deploy/build-packages.sh deploy/packages.txt && rm -rf /var/lib/apt/lists/*
COPY . .
RUN deploy/install.sh /out

FROM debian:12-slim
COPY --from=build /out/ /
RUN apt-get update && apt-get install -y --no-install-recommends $(cat /usr/share/sensorium/runtime-packages.txt) \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --home-dir /var/lib/sensorium --create-home --shell /usr/sbin/nologin sensorium \
  && install -d -o sensorium -g sensorium /index /pictures
USER sensorium
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD curl -fsS -o /dev/null http://127.0.0.1:8080/ready || curl -fsSk -o /dev/null https://127.0.0.1:8080/ready
ENTRYPOINT ["sensorium", "serve", "--host", "0.0.0.0", "--port", "8080"]
