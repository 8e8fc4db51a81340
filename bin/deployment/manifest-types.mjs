import { join } from 'node:path';

import ts from 'typescript';

import { nameOf } from './kustomize.mjs';

/**
 * Holds every manifest against Kubernetes' own types: TypeScript reports what is unknown, missing or of another
 * type, where the API server would drop it in silence or refuse it on the day of the roll-out.
 * @param toolRoot where node_modules with kubernetes-types is
 */
export function typeProblems(resources, toolRoot) {
  const statements = resources.map(({ apiVersion, kind, ...rest }) => {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
    const from = `kubernetes-types/${group.split('.')[0]}/${version}.d.ts`;
    return `({ apiVersion: ${JSON.stringify(apiVersion)}, kind: ${JSON.stringify(kind)}, ${JSON.stringify(rest, null, 1).slice(1, -1)} }) satisfies import('${from}').${kind};\n`;
  });
  const file = join(toolRoot, 'manifests.check.ts');
  const text = statements.join('');
  const options = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? text : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, options.target) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  const found = [
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(),
    ...program.getGlobalDiagnostics(),
  ];
  const ends = [];
  for (const statement of statements) ends.push((ends.at(-1) ?? 0) + statement.length);
  return found.map(({ messageText, start = 0 }) => {
    const resource = resources[ends.findIndex((end) => start < end)];
    return `${resource ? nameOf(resource) : 'manifests'}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
