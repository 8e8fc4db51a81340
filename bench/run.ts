/** npm run bench: what the broker costs, as a multiple of what the bare provider costs. See docs/performance.md. */
import { parseArgs } from 'node:util';

import { makeApplications } from '#bench/driver/applications';
import { closeConnections } from '#bench/driver/connection';
import { operations } from '#bench/driver/operations';
import { ScriptedIdp } from '#bench/driver/scripted-idp';
import { ScriptedOp } from '#bench/driver/scripted-op';
import { Site } from '#bench/driver/site';
import { compare, type Compared } from '#bench/method/compare';
import { checkStatistics } from '#bench/method/self-check';
import { circumstances, preface, writeBetween } from '#bench/report/document';
import { peerTable, ratioTable, shareTable } from '#bench/report/table';
import { startBaseline } from '#bench/subjects/baseline';
import { startBroker, type Shape } from '#bench/subjects/broker';
import { INSTALL_JACKSON, jacksonIsThere, startJackson } from '#bench/subjects/jackson';
import type { Subject } from '#bench/subjects/subject';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    ops: { type: 'string', default: '60' },
    warm: { type: 'string', default: '1500' },
    slots: { type: 'string', default: '8' },
    only: { type: 'string', default: '' },
    shape: { type: 'string', default: 'services,standalone' },
    profile: { type: 'string' },
    env: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const USAGE = `npm run bench -- [options]

  --rounds 9      rounds, every side once in each
  --ops 60        operations in a round (light ones are multiplied)
  --warm 1500     operations before the first round
  --slots 8       operations under way at once
  --only a,b      only these: ${operations.map(({ name }) => name).join(', ')}
  --shape a,b     services (gateway, minter and admin as processes), standalone (all in one), none
  --profile DIR   CPU profiles of the broker's processes (--cpu-prof) to DIR
  --env NAME=V    a variable for the broker's processes, such as LOG_LEVEL=warn; may be repeated
  --json          JSON to standard output instead of the table
  --no-write      leave docs/performance.md as it is (so does --only)
`;

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const isShape = (text: string): text is Shape => text === 'services' || text === 'standalone';

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  checkStatistics();
  const wanted = values.only.split(',').filter(Boolean);
  const chosen = operations.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const unknown = wanted.filter((name) => !operations.some((operation) => operation.name === name));
  if (unknown.length > 0) throw new Error(`no operation ${unknown.join(', ')}\n\n${USAGE}`);

  const apps = makeApplications();
  const subjects: Subject[] = [];
  const upstreams = { oidc: await ScriptedOp.start(), saml: new ScriptedIdp() };
  try {
    note('starting');
    subjects.push(await startBaseline(apps.values()));
    for (const shape of values.shape.split(',').filter(isShape)) {
      const env = Object.fromEntries(
        values.env.map((pair) => [pair.split('=', 1)[0] ?? '', pair.replace(/^[^=]*=/, '')]),
      );
      const profileTo = values.profile === undefined ? {} : { profileTo: values.profile };
      subjects.push(await startBroker(shape, apps.values(), { ...profileTo, env, upstreams }));
    }
    const app = apps.get('web-es256');
    if (app && chosen.some(({ peer }) => peer !== undefined)) {
      if (jacksonIsThere()) subjects.push(await startJackson(app, upstreams.saml));
      else note(`without its peer, saml-jackson: ${INSTALL_JACKSON}`);
    }
    const sites: Site[] = [];
    for (const subject of subjects) sites.push(await Site.open(subject));
    const [baseline, ...ours] = sites;
    if (!baseline) throw new Error('no baseline');

    const plan = {
      rounds: Number(values.rounds),
      ops: Number(values.ops),
      warm: Number(values.warm),
      slots: Number(values.slots),
    };
    const results: Compared[] = [];
    for (const operation of chosen) {
      note(operation.name);
      const compared = await compare(operation, baseline, ours, apps, plan);
      for (const [name, { median, p10, p90, verdict }] of Object.entries(compared.ratios)) {
        note(`  ${name} : B0 = ${median.toFixed(2)} [${p10.toFixed(2)}–${p90.toFixed(2)}] ${verdict ?? ''}`);
      }
      results.push(compared);
    }

    const where = circumstances('', subjects[0]?.notes ?? []);
    const text = [preface(where), ratioTable(results), peerTable(results), 'Where it goes:', shareTable(results)]
      .filter(Boolean)
      .join('\n\n');
    process.stdout.write(values.json ? `${JSON.stringify({ ...where, plan, results }, null, 2)}\n` : `${text}\n`);
    if (wanted.length === 0 && values.env.length === 0 && !values['no-write'] && ours.length > 0)
      writeBetween('bench', text);
    return results.some(({ ratios }) => Object.values(ratios).some(({ verdict }) => verdict === 'missed')) ? 1 : 0;
  } finally {
    closeConnections();
    await upstreams.oidc.stop();
    await Promise.all(subjects.map((subject) => subject.stop().catch((error: unknown) => note(String(error)))));
  }
}

process.exitCode = await main();
