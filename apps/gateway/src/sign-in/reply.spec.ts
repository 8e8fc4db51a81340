import type { FastifyReply } from 'fastify';
import type { Hears } from '@passbroker/usersources';
import { Cookies } from '../http/cookies.js';
import { replyTo } from './reply.js';

const raw = { method: 'GET' as const, rawQuery: 'a=b', fields: {} };

const NO_REPLY: FastifyReply = Object.create(null);

const heard = (cookie: string, authorization: string): Parameters<typeof replyTo>[1] => ({
  ip: '192.0.2.7',
  authorization,
  cookies: new Cookies(cookie, NO_REPLY, false),
});
const hearing = (hears?: Hears): { hears?: Hears } => (hears ? { hears } : {});

describe('what a usersource hears of a request', () => {
  const visit = heard('passbroker_session=ours; PS_TOKEN=one; PS_TOKEN=two', 'Negotiate abc');

  it('withholds headers and cookies from a usersource that did not ask for them', () => {
    expect(replyTo(hearing(), visit, raw)).toEqual({ ...raw, remoteAddress: '192.0.2.7' });
  });

  it('gives every cookie of a name it asked for, and no other', () => {
    expect(replyTo(hearing({ cookies: ['PS_TOKEN', 'absent'] }), visit, raw).cookies).toEqual({
      PS_TOKEN: ['one', 'two'],
      absent: [],
    });
  });

  it('gives the Authorization header to one that hears it', () => {
    expect(replyTo(hearing({ authorization: true }), visit, raw).authorization).toBe('Negotiate abc');
  });
});
