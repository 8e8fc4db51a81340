import { isReference, newReference } from './reference.js';

describe('a reference', () => {
  it('is told from anything else that may stand in an address', () => {
    for (let round = 0; round < 100; round += 1) expect(isReference(newReference())).toBe(true);
    const others = [null, '', 'N7ETQS0', 'N7ETQS0XX', 'n7etqs0x', 'N7ETQS0I', '<script>'];
    expect(others.filter(isReference)).toEqual([]);
  });
});
