export { demoPeople } from './intranet/people.js';
export { DEMO_USERSOURCE, seedDemo, type DemoWish, type SeedParts } from './seed-demo.js';
export { DEMO_APPLICATION, startDemo, type Demo, type DemoOptions } from './start-demo.js';
