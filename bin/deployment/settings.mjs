import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `NAME: schema` of every variable in a config file, without running it: the check needs no build. */
function variablesOf(text) {
  const found = {};
  const declaration = /^\s+([A-Z][A-Z0-9_]+):\s*([\s\S]*?)(?=^\s+[A-Z][A-Z0-9_]+:|^\}|^\s*\}\))/gm;
  for (const [, name, schema] of text.matchAll(declaration)) {
    found[name] = {
      secret: /\bsecret\(/.test(schema),
      port: Number(/\bport\(\s*(\d[\d_]*)/.exec(schema)?.[1]?.replaceAll('_', '') ?? 0) || undefined,
    };
  }
  return found;
}

/** What each program can be told: the common variables and those of its own config files. */
export function readSettings(root) {
  const common = variablesOf(readFileSync(join(root, 'libs/platform/src/config.ts'), 'utf8'));
  const own = (app) => {
    const folder = join(root, 'apps', app, 'src');
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.config.ts')) : [];
    return {
      ...common,
      ...Object.assign({}, ...files.map((file) => variablesOf(readFileSync(join(folder, file), 'utf8')))),
    };
  };
  return { gateway: own('gateway'), minter: own('minter'), admin: own('admin'), migrate: common };
}

/** Why this variable may not be set so, or undefined. `NAME_FILE` is the file form of a secret. */
export function variableProblem(settings, name) {
  if (Object.hasOwn(settings, name)) {
    return settings[name].secret ? `${name} is a secret: give it as ${name}_FILE` : undefined;
  }
  const of = /^(.+)_FILE$/.exec(name)?.[1];
  if (of && settings[of]?.secret) return undefined;
  return `nobody reads ${name}`;
}
