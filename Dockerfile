# The responder as an image: docker build -t cortex-falcon .
#
# One static binary and nothing else. It is linked against glibc, not musl, so that what is tested is what is shipped;
# it resolves names with no more than the /etc/resolv.conf and /etc/hosts that the container engine lays in.

# Any image with this Rust toolchain and a C compiler will do; on amd64 and arm64 alike.
ARG RUST_IMAGE=docker.io/library/rust:1.95.0-bookworm

FROM ${RUST_IMAGE} AS build
# Docker's older builder keeps this stage as an image without a name; docs/install.md says how it is found by this label.
LABEL cortex-falcon.stage="build"
WORKDIR /build
# Packed relocations make a static, position-independent binary smaller by a twenty-fifth; glibc reads them since 2.36.
ENV RUSTFLAGS="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs"

# The dependencies are a layer of their own: they change less often than our code. With a target named, the flags are not
# for build scripts and macros, which cannot be static.
COPY Cargo.toml Cargo.lock build.rs ./
# The crates themselves, where somebody has put them for a build without internet (docs/install.md). A pattern may match
# nothing as long as something is copied: hence the second Cargo.lock.
COPY Cargo.lock .carg[o] .cargo/
# Cargo demands what the manifest names, though it is not built here.
COPY benches benches
RUN mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
 && cargo build --release --locked --bin cortex-falcon --target "$(rustc -vV | sed -n 's/^host: //p')" \
 && rm -r src

# What --version names; git is not asked in here.
ARG COMMIT=unknown
COPY src src
COPY fixtures/jobs fixtures/jobs
RUN touch src/lib.rs src/main.rs \
 && CORTEX_FALCON_COMMIT="${COMMIT}" cargo build --release --locked --bin cortex-falcon --target "$(rustc -vV | sed -n 's/^host: //p')" \
 && cp target/*/release/cortex-falcon /cortex-falcon

# .ci/release.Dockerfile makes the same image of an executable that is built already.
FROM scratch
LABEL org.opencontainers.image.title="cortex-falcon" \
      org.opencontainers.image.description="A Cortex responder that makes CrowdStrike Falcon follow TheHive" \
      org.opencontainers.image.source="https://cortex-falcon.example" \
      org.opencontainers.image.licenses="AGPL-3.0-only" \
      org.opencontainers.image.version="1.0.0"
COPY --from=build /cortex-falcon /cortex-falcon
RUN ["/cortex-falcon", "--version"]

# Root on purpose: Cortex's Docker runner binds a job folder of mode 0700 that belongs to Cortex's own user, whose number
# nobody knows here. Another user could not read the job. Kubernetes may set any user that owns the folder.
ENTRYPOINT ["/cortex-falcon"]
