# The program alone, under an account without rights. Mount the project: docker run -v "$PWD:/project" IMAGE upgrade head
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --locked --release --bin migrate && cp target/release/migrate /migrate

FROM debian:bookworm-slim
COPY --from=build /migrate /usr/local/bin/migrate
# A number, so that a cluster can see that it is not root. No home: caches are made only where MIGRATE_CACHE_DIR says.
USER 65532:65532
WORKDIR /project
ENTRYPOINT ["migrate"]
CMD ["--help"]
