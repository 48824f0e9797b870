# The image holds the static binary, the authorities that it trusts by itself, and nothing else. Build it with: make image
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# GOFIPS140=v1.0.0 builds with Go's validated cryptographic module, and switches its mode on.
ARG VERSION=
ARG GOFIPS140=off
RUN make build VERSION=${VERSION} GOFIPS140=${GOFIPS140} && \
    mkdir -p /out/etc/ssl/certs /out/tmp && chmod 1777 /out/tmp && \
    cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ && cp bin/linnet /out/linnet

FROM scratch
# Again, since each stage has arguments of its own.
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="linnet" \
      org.opencontainers.image.description="Moves a Big Bang cluster to a new Istio, one merge request per phase" \
      org.opencontainers.image.source="https://github.com/linnet-bot/linnet" \
      org.opencontainers.image.documentation="https://github.com/linnet-bot/linnet/blob/main/docs/install-cluster.md" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/ /
# nobody: the program needs no name, no home and no right of its own.
USER 65534:65534
ENTRYPOINT ["/linnet"]
