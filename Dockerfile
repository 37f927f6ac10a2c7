# forecall: one static binary on an image that holds certificates and time zones.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /forecall ./cmd/forecall && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /forecall /usr/local/bin/forecall
COPY --from=build --chown=nonroot:nonroot /data /var/lib/forecall
ENV FORECALL_DATA=/var/lib/forecall
VOLUME /var/lib/forecall
# SIGTERM lets conversations end: give it as long as drain.limit before the kill.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/forecall"]
CMD ["serve", "--config", "/etc/forecall/forecall.yaml"]
