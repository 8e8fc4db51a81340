import { SamlIdp } from '../../../testing/src/peers/saml-idp.js';
import { makePair } from '../../../saml/test/certificate.js';
import { NOW } from '../../../saml/test/messages.js';
import { SIGNING, SLO, world, got } from '../../test/saml-world.js';

describe('signing out of saml', () => {
  const session = { subject: 'alice', index: '_s-alice', kept: { nameId: 'alice' } };

  it('asks upstream to end the session, and hears that it has', async () => {
    const { idp, usersource } = world(SIGNING);
    const step = await usersource.end?.(session, 'state-1');
    if (step?.go !== 'redirect') throw new Error('no redirect');
    expect(idp.read(step.to.searchParams, false).xml).toContain('<samlp:SessionIndex>_s-alice<');
    const back = await idp.endedSession(step.to.searchParams, SLO);
    await expect(usersource.ended?.(got(back))).resolves.toBeUndefined();
    const crossed = new URL(back.href.replace('RelayState=state-1', 'RelayState=state-2'));
    await expect(usersource.ended?.(got(crossed))).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('has nothing to ask where there is no key or no address for it', async () => {
    expect(await world().usersource.end?.(session, 'x')).toBeUndefined();
  });

  it('ends the session that upstream names, once, and answers', async () => {
    const { idp, usersource } = world(SIGNING);
    const asked = await idp.endSession(SLO, 'alice', '_s-alice', 'their state');
    const ended = await usersource.ended?.(got(asked));
    expect(ended).toMatchObject({ subject: 'alice', index: '_s-alice', once: { key: expect.any(String) } });
    const to = ended?.answer?.go === 'redirect' ? ended.answer.to : undefined;
    expect(to?.searchParams.get('RelayState')).toBe('their state');
    expect(to?.searchParams.has('SAMLResponse') && to.searchParams.has('Signature')).toBe(true);
  });

  it('refuses a LogoutRequest that is unsigned, forged, old, or about somebody else than was signed', async () => {
    const { idp, usersource, clock } = world(SIGNING);
    const asked = await idp.endSession(SLO, 'alice', '_s-alice');
    const untrusted = { code: 'upstream.untrusted' };
    const bare = new URL(asked.href.replace(/&SigAlg=.*/, ''));
    await expect(usersource.ended?.(got(bare))).rejects.toMatchObject(untrusted);
    const other = await idp.endSession(SLO, 'bob', undefined);
    const swapped = new URL(
      asked.href.replace(
        /SAMLRequest=[^&]*/,
        `SAMLRequest=${encodeURIComponent(other.searchParams.get('SAMLRequest') ?? '')}`,
      ),
    );
    await expect(usersource.ended?.(got(swapped))).rejects.toMatchObject(untrusted);
    const stranger = new SamlIdp('https://idp.acme.test', () => clock.now);
    stranger.pair = makePair();
    await expect(usersource.ended?.(got(await stranger.endSession(SLO, 'alice', undefined)))).rejects.toMatchObject(
      untrusted,
    );
    const evil = new SamlIdp('https://evil.test', () => clock.now);
    await expect(usersource.ended?.(got(await evil.endSession(SLO, 'alice', undefined)))).rejects.toMatchObject(
      untrusted,
    );
    const elsewhere = await idp.endSession('https://other.test/slo', 'alice', undefined);
    await expect(usersource.ended?.(got(elsewhere))).rejects.toMatchObject(untrusted);
    clock.now = new Date(NOW.getTime() + 3_600_000);
    await expect(usersource.ended?.(got(asked))).rejects.toMatchObject(untrusted);
    clock.now = NOW;
    await expect(usersource.ended?.(got(asked))).resolves.toMatchObject({ subject: 'alice' });
  });
});
