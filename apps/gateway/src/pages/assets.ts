import { createHash } from 'node:crypto';
import type { Brand } from '@passbroker/model';
import { accentCss } from './accent.js';
import { passkeyScript } from '../second-factors/passkey.script.js';
import { recoveryScript } from '../recovery/recovery.script.js';
import { style } from './style.js';

const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

const ICON = (colour: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="${colour}"/><path d="M11 16.5l3.5 3.5L21.5 12" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export interface Asset {
  type: string;
  body: string;
}

const STYLE = `passbroker-${fingerprint(style)}.css`;
const PASSKEY = `passkey-${fingerprint(passkeyScript)}.js`;
const RECOVERY = `recovery-${fingerprint(recoveryScript)}.js`;

/** Names change with their content, so that browsers may keep them for ever. */
export function assetNames(brand: Pick<Brand, 'looks'>): {
  css: string;
  accent: string;
  icon: string;
  passkey: string;
  recovery: string;
} {
  const accent = accentCss(brand.looks.accent);
  return {
    css: `/assets/${STYLE}`,
    accent: `/assets/accent-${fingerprint(accent)}.css`,
    icon: `/assets/icon-${fingerprint(accent)}.svg`,
    passkey: `/assets/${PASSKEY}`,
    recovery: `/assets/${RECOVERY}`,
  };
}

/** Only what this brand has now: the name carries a fingerprint, never a colour to be echoed. */
export function assetOf(brand: Pick<Brand, 'looks'>, file: string): Asset | undefined {
  const accent = accentCss(brand.looks.accent);
  switch (file) {
    case STYLE:
      return { type: 'text/css; charset=utf-8', body: style };
    case PASSKEY:
      return { type: 'text/javascript; charset=utf-8', body: passkeyScript };
    case RECOVERY:
      return { type: 'text/javascript; charset=utf-8', body: recoveryScript };
    case `accent-${fingerprint(accent)}.css`:
      return { type: 'text/css; charset=utf-8', body: accent };
    case `icon-${fingerprint(accent)}.svg`:
      return { type: 'image/svg+xml', body: ICON(/#[0-9a-f]{6}/i.exec(accent)?.[0] ?? '#2f5bd0') };
    default:
      return undefined;
  }
}
