# A worker of Fairlead; the command line is in it too.
#
#   docker build -t fairlead .
#   docker run --init --read-only -e TEMPORAL_ADDRESS=temporal:7233 -v fairlead:/data -v "$PWD/systems:/systems:ro" fairlead
#   docker run --rm -e TEMPORAL_ADDRESS=temporal:7233 fairlead fairlead list
#
# Debian, because Temporal's SDK is native code for glibc. docs/container.md says what to mount, and what ends how.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0

FROM ${NODE_IMAGE} AS build
WORKDIR /fairlead
COPY package.json package-lock.json ./
# Without scripts: `prepare` would build what is not there yet, and none of the others is needed.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.ts scripts/bundle.ts scripts/
COPY src src
RUN npm run build \
  && chmod 755 dist/client.js \
  && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
  FAIRLEAD_DATA=/data \
  FAIRLEAD_SYSTEMS=/systems
WORKDIR /fairlead
COPY --from=build /fairlead/package.json ./
COPY --from=build /fairlead/node_modules node_modules
COPY --from=build /fairlead/dist dist
# What is new in /data belongs to the user that writes there; the program itself belongs to root.
RUN install -d -o node -g node /data \
  && install -d /systems \
  && ln -s /fairlead/dist/client.js /usr/local/bin/fairlead
USER node
VOLUME /data
# Takes no new tasks, gives running activities 5 s, leaves with 0.
STOPSIGNAL SIGTERM
# No HEALTHCHECK: a worker without Temporal waits for it, and one that cannot work ends. Neither is mended by a
# restart of a container that still runs.
CMD ["node", "dist/worker.js"]
