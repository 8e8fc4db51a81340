/** Held by whoever decides from the whole configuration whether the admins still have a way in. Any number that is not another lock's. */
export const WAYS_IN_LOCK = 7_277_427;
