# The image of a release: the last stage of the Dockerfile, with an executable that .ci/release has built.
# tests/runners/run compares the two images.

FROM scratch
ARG TARGETARCH
LABEL org.opencontainers.image.title="cortex-falcon" \
      org.opencontainers.image.description="A Cortex responder that makes CrowdStrike Falcon follow TheHive" \
      org.opencontainers.image.source="https://cortex-falcon.example" \
      org.opencontainers.image.licenses="AGPL-3.0-only" \
      org.opencontainers.image.version="1.0.0"
COPY cortex-falcon-linux-${TARGETARCH} /cortex-falcon
RUN ["/cortex-falcon", "--version"]
ENTRYPOINT ["/cortex-falcon"]
