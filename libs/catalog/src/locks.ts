/** Held by whoever decides from the whole configuration whether the admins still have a way in. Any number that is not another lock's. */
export const WAYS_IN_LOCK = 7_277_427;
/** A class of locks, one a usersource: held by newcomers while the seats that are left are counted. */
export const SEATS_LOCK = 7_277_429;
