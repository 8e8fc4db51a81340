import { assertionSigned, responseSigned } from '../../test/messages.js';
import { idp, read } from '../../test/expected.js';

describe('a response', () => {
  it('is read when the assertion is signed', () => {
    expect(read(assertionSigned(idp))).toMatchObject({
      nameId: { value: 'alice' },
      attributes: [
        { name: 'email', values: ['alice@acme.test'] },
        { name: 'role', values: ['user', 'staff'] },
      ],
      sessionIndex: '_session',
    });
  });

  it('is read when the response is signed', () => {
    expect(read(responseSigned(idp)).nameId?.value).toBe('alice');
  });
});
