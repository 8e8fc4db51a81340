import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

const ELSEWHERE = new Set(['node_modules', 'dist', '.git', '.data', 'coverage', 'secrets']);

export interface Document {
  /** From the project's root. */
  path: string;
  text: string;
}

/** Every Markdown file of the project. */
export function documents(folder = ROOT): Document[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ELSEWHERE.has(entry.name) ? [] : documents(path);
    return entry.name.endsWith('.md') ? [{ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }] : [];
  });
}

/** Links and pictures that lead to files of ours, without the `#part`. */
export function references(text: string): { file: string; part: string | undefined }[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
  const found = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].flatMap(
    ([, to]) => (to === undefined || /^[a-z]+:/i.test(to) ? [] : [to]),
  );
  return found.map((to) => {
    const [file = '', part] = to.split('#');
    return { file, part };
  });
}

/** The anchors that a forge makes of headings. */
export const anchors = (text: string): string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

export interface Example {
  /** What has to happen first, in words. */
  after: string | undefined;
  command: string;
  answer: { kind: 'json' | 'http'; text: string } | undefined;
}

/** Blocks marked `<!-- run -->` or `<!-- run: what happens first -->`, with the answer that stands right below. */
export const examples = (text: string): Example[] =>
  [...text.matchAll(/<!-- run(?:: ([^>]+))? -->\s+```sh\n([\s\S]*?)```(?:\s+```(json|http)\n([\s\S]*?)```)?/g)].map(
    ([, after, command = '', kind, answer]) => ({
      after,
      command,
      answer: (kind === 'json' || kind === 'http') && answer !== undefined ? { kind, text: answer } : undefined,
    }),
  );
