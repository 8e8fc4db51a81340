// node bin/policy.mjs [--rounds 25]: the usersource policy, looked at harder than `npm test` does. Every row of the decision table is
// spoilt in each way of libs/usersource-policy/test/mutants.ts, and the laws are held against N × 400,000 decisions.
import { parseArgs } from 'node:util';

import { run } from './child.mjs';
import { chooseNode } from './node.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '25' } } });

process.exitCode = await run(
  chooseNode(),
  [
    ...['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'],
    ...['libs/usersource-policy/src/(rules|enumeration).spec', '--selectProjects', 'unit', '--verbose'],
  ],
  { env: { ...process.env, POLICY_ROUNDS: values.rounds } },
);
