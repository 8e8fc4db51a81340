export { demoPeople } from './intranet/people.js';
export { MEMBERS } from './directory/tree.js';
export { OPERATORS } from './peoplesoft/operators.js';
export { DEMO_USERSOURCE } from './demo-records.js';
export { seedDemo, type DemoWish, type SeedParts } from './seed-demo.js';
export { DEMO_APPLICATION, startDemo, type Demo, type DemoOptions } from './start-demo.js';
export { openUpstreams, removeUpstreams, type DemoUpstreams } from './upstreams.js';
