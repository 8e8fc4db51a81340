import { withAddresses } from './addresses.js';
import { textsIn } from './texts.js';

describe('addresses in a sentence', () => {
  it('are kept in one piece, without the punctuation that follows', () => {
    expect(withAddresses('Mailed to ann-b@acme.test. Look there.')).toBe(
      'Mailed to <bdi class="address">ann-b@acme.test</bdi>. Look there.',
    );
  });

  it('are found in every language', () => {
    for (const language of ['en', 'de', 'fr', 'es', 'ja'] as const) {
      const { addressAsked, ownership, localAccounts } = textsIn(language);
      for (const text of [
        addressAsked.codeText('ann@acme.test'),
        ownership.text('ann@acme.test', 'Acme'),
        localAccounts.register.sent('ann@acme.test'),
        localAccounts.lostPassword.sent('ann@acme.test'),
      ])
        expect(withAddresses(text)).toContain('<bdi class="address">ann@acme.test</bdi>');
    }
  });

  it('are not a way to bring markup in', () => {
    const evil = '<img src=x onerror=alert(1)>@x<script>alert("1")</script>\'&';
    const markup = withAddresses(`Mailed to ${evil}.`);
    expect(markup.replaceAll(/<\/?bdi(?: class="address")?>/g, '')).not.toMatch(/[<>"']/);
    expect(withAddresses('no <b>address</b> & co')).toBe('no &#60;b&#62;address&#60;/b&#62; &#38; co');
  });

  it('are found in a hurry, however many there could be', () => {
    const start = process.hrtime.bigint();
    withAddresses('@'.repeat(50_000) + ' ' + 'a@'.repeat(50_000));
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1_000);
  });
});
