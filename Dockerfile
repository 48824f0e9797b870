# The image holds the static binary and nothing else. Build it with: make image
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN make build VERSION=${VERSION} && mkdir -p /out/tmp && chmod 1777 /out/tmp && cp bin/linnet /out/linnet

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/ /
# nobody: the program needs no name, no home and no right of its own.
USER 65534:65534
ENTRYPOINT ["/linnet"]
