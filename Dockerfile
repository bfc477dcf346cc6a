# An image of the binary alone. Nothing is fetched: the binary is built before (make build), and the
# certificates are those of the machine that builds the image:
#
#   make build
#   docker build --build-context certs=/etc/ssl/certs -t curfew .
#   docker run --rm -v "$PWD:/repository:ro" curfew scan
FROM scratch
COPY --from=certs ca-certificates.crt /etc/ssl/certs/
COPY bin/curfew /curfew
USER 65532:65532
WORKDIR /repository
ENTRYPOINT ["/curfew"]
