// A part of bin/screenshots.mjs.
export const PASSWORD = 'quiet river 91 lantern';
/** Two of the demo intranet's people. */
export const SEAN = { email: 'sean.oreilly@acme.test', hint: 'rocket-88' };
export const ZOE = { username: 'zoe', password: 'anvil-17' };
