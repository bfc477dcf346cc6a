# An image of the binary alone. Nothing is fetched: the binary is built before, and the certificates are
# those of the machine that builds the image. There is no git inside, so what it scans is a tree without
# its history:
#
#   make build licenses
#   docker build --build-context certs=/etc/ssl/certs -t curfew .
#   mkdir tree && git archive HEAD | tar -x -C tree
#   docker run --rm -v "$PWD/tree:/repository:ro" curfew scan
#
# Or with a release's files, as bin/curfew and bin/licenses.txt; and with buildah as with docker.
FROM scratch
COPY --from=certs ca-certificates.crt /etc/ssl/certs/
COPY bin/licenses.txt /usr/share/doc/curfew/
COPY bin/curfew /curfew
USER 65532:65532
WORKDIR /repository
ENTRYPOINT ["/curfew"]
