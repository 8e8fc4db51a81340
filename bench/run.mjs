// Node 24 runs TypeScript whose syntax can be erased, so that the benchmark is never part of the build.
import './run.ts';
