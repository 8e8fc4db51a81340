import type { JwtPreset } from './jwt.settings.js';

/** How scripts written for a product name things, and which times they send. */
export interface Dialect {
  /** The parameter that tells the remote login page where to send people back to. */
  returnParameter: 'return' | 'return_to';
  claims: { subject: string; email: string; name: string; username: string; groups: string };
  /** Beside `jti`, which all must have. One of the two at least, or a token would be good for ever. */
  needs: readonly ('exp' | 'iat')[];
}

const claims = { subject: 'sub', email: 'email', name: 'name', username: 'preferred_username', groups: 'groups' };

export const DIALECTS: Record<JwtPreset, Dialect> = {
  generic: { returnParameter: 'return', claims, needs: ['iat', 'exp'] },
  // Scripts for Zendesk send no `exp`: their tokens are good for three minutes after `iat`.
  zendesk: { returnParameter: 'return_to', claims: { ...claims, subject: 'external_id' }, needs: ['iat'] },
  deskpro: { returnParameter: 'return', claims: { ...claims, subject: 'id' }, needs: ['exp'] },
  // Desk's agents: `jti`, `email` and `exp` are all there is.
  'desk-agent': { returnParameter: 'return', claims: { ...claims, subject: 'email' }, needs: ['exp'] },
};
