// Part of `npm run check`: whether what docs/deployment.md tells people to start fits together.
import { checkDeployment } from './deployment/index.mjs';
import { root } from './project.mjs';

const { problems, skipped } = checkDeployment(root);
for (const tool of skipped) process.stdout.write(`not run here: ${tool}\n`);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.stdout.write(problems.length === 0 ? 'the deployment fits together\n' : `${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
