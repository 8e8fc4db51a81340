/** Time is handed in, so that a test can hold it still and an expiry can be reached without waiting. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
